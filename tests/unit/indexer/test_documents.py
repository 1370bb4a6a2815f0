import math

from indexer.documents import content_key, embedded_text, searchable, tag


def test_what_can_be_searched_is_taken_out_of_an_item() -> None:
    found = searchable(
        {
            "id": "cup-1",
            "name": "Red cups",
            "category": "  Tea  WARE ",
            "description": "for tea",
            "price": 5,
            "currency": "EUR",
            "images": ["https://example.com/red.jpg"],
            "attributes": {"colour": "Red", "sizes": [1, 2.5], "fragile": True, "deep": {"a": "b"}},
            "maker": {"name": "Anna"},
        }
    )

    assert found.name == "red cup"
    assert set(found.text.split()) >= {"tea", "ware", "anna", "red", "2", "5", "b"}
    assert "jpg" not in found.text
    assert (found.category, found.currency, found.price) == ("tea ware", "EUR", 5.0)
    assert found.tags == ["colour=red", "fragile=true", "sizes=1", "sizes=2.5"]


def test_fields_of_another_type_are_left_out() -> None:
    found = searchable({"name": 7, "category": ["a"], "price": "free", "attributes": [1]})

    assert (found.name, found.category, found.price, found.tags) == ("", None, None, [])


def test_the_number_of_terms_is_bounded() -> None:
    assert len(searchable({"description": "a b " * 20_000}).text.split()) == 5_000


def test_numbers_are_one_attribute_whatever_their_type() -> None:
    assert tag("size", 5) == tag("size", 5.0) == "size=5"
    assert tag("on", True) == "on=true"
    assert tag("size", math.pi) != tag("size", 3)


def test_equal_texts_share_a_vector_and_models_do_not() -> None:
    one = embedded_text({"name": "Cup", "description": "red", "price": 1})
    other = embedded_text({"name": "Cup", "description": "red", "price": 2, "extra": "x"})

    assert content_key("m", one) == content_key("m", other)
    assert content_key("m", one) != content_key("n", one)


def test_what_is_embedded_is_short_and_without_the_end_of_a_text_in_c() -> None:
    text = embedded_text({"name": "a\0b", "description": "long " * 5_000})

    assert "\0" not in text
    assert len(text) <= 2_000
