"""Each line of a bulk is judged by itself, with the field at fault named."""

from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from indexer.lines import LONGEST_LINE, Entry, deletions, lines_of, upserts
from warren.contracts.catalogue import ItemFailure

CUSTOMER = uuid4()
HASH = "0" * 64


def line(number: int = 0, item_id: str = "a", **item: Any) -> dict[str, Any]:
    whole = {"id": item_id, "name": "Cup", **item}
    return {"id": item_id, "entity_version": 10 + number, "content_hash": HASH, "item": whole}


def judged(*raw: bytes, customer: UUID = CUSTOMER) -> list[Entry | ItemFailure]:
    return list(upserts([b"\n".join(raw)], 10, customer))


def test_good_lines_are_entries_in_their_order() -> None:
    found = judged(orjson.dumps(line(0, "a")), orjson.dumps(line(1, "b")))

    assert found == [
        Entry(0, "a", 10, {"id": "a", "name": "Cup"}),
        Entry(1, "b", 11, {"id": "b", "name": "Cup"}),
    ]


BAD: dict[str, tuple[Any, str]] = {
    "a price that is no number": ({"price": "free"}, "price"),
    "a negative price": ({"price": -1}, "price"),
    "a field of a megabyte": ({"description": "x" * 90_000}, "description"),
    "a name that is none": ({"name": 7}, "name"),
    "attributes that are none": ({"attributes": [1]}, "attributes"),
    "deep nesting": ({"attributes": {"a": [[[[[[[[[[1]]]]]]]]]]}}, "attributes"),
    "another customer's id": ({"customer_id": str(uuid4())}, "customer_id"),
    "a customer's id that is none": ({"customer_id": ["x"]}, "customer_id"),
}


@pytest.mark.parametrize(("item", "field"), BAD.values(), ids=BAD.keys())
def test_a_bad_item_is_named_with_its_field_and_the_rest_goes_through(
    item: dict[str, Any], field: str
) -> None:
    bad, good = judged(orjson.dumps(line(0, "bad", **item)), orjson.dumps(line(1, "good")))

    assert isinstance(bad, ItemFailure)
    assert (bad.id, bad.line, bad.entity_version) == ("bad", 0, 10)
    assert (bad.field or "").startswith(field)
    assert bad.reason
    assert isinstance(good, Entry)


def test_a_price_that_is_not_a_number_is_named_though_it_is_no_json() -> None:
    raw = orjson.dumps(line(0, "a", price=1)).replace(b'"price":1', b'"price":NaN')

    (bad,) = judged(raw)

    assert isinstance(bad, ItemFailure)
    assert (bad.id, bad.field) == ("a", "price")


@pytest.mark.parametrize(
    "raw",
    [b'{"id": "a", ', b"[1]", b'"a"', b'{"item": 1}', b"\xff\xfe", b"[" * 50_000],
    ids=["cut off", "a list", "a text", "no item", "not UTF-8", "nested without end"],
)
def test_a_line_that_is_no_object_is_refused_by_its_number(raw: bytes) -> None:
    bad, good = judged(raw, orjson.dumps(line(1, "good")))

    assert isinstance(bad, ItemFailure)
    assert bad.line == 0
    assert isinstance(good, Entry)


def test_a_megabyte_in_one_line_is_refused_without_being_kept() -> None:
    huge = orjson.dumps(line(0, "a", description="x" * 1_000_000))
    chunks = [huge[start : start + 65_536] for start in range(0, len(huge), 65_536)]
    good = b"\n" + orjson.dumps(line(1, "b"))

    assert max(map(len, lines_of(chunks))) <= 2 * LONGEST_LINE
    bad, rest = upserts([*chunks, good], 10, CUSTOMER)
    assert isinstance(bad, ItemFailure)
    assert "longer than" in bad.reason
    assert isinstance(rest, Entry)


def test_a_line_with_another_version_than_its_place_is_refused() -> None:
    (bad,) = judged(orjson.dumps(line(5, "a")))

    assert isinstance(bad, ItemFailure)
    assert bad.field == "entity_version"


def test_an_item_under_another_id_is_refused() -> None:
    other = {**line(0, "a"), "id": "b"}

    (bad,) = judged(orjson.dumps(other))

    assert isinstance(bad, ItemFailure)
    assert bad.field == "id"


def test_lines_come_whole_however_the_file_is_cut() -> None:
    text = b"first\n\nsecond\r\n  \nthird"

    for size in range(1, 12):
        chunks = [text[start : start + size] for start in range(0, len(text), size)]
        assert [raw.strip() for raw in lines_of(chunks)] == [b"first", b"second", b"third"]


def test_deletions_need_no_item() -> None:
    raw = orjson.dumps({"id": "a", "entity_version": 10})

    assert list(deletions([raw], 10)) == [Entry(0, "a", 10, None)]
