"""Which descriptions of a book are pictured."""

import tracemalloc
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_worker.errors import DescriptionsNotReadable
from image_worker.service.choosing import best_of, descriptions_of
from warren.contracts.generated_images import DescriptionToPicture


def described(number: int, chapter: int, score: float) -> DescriptionToPicture:
    return DescriptionToPicture(
        description_id=UUID(int=number), text=f"text {number}", chapter=chapter, score=score
    )


def numbers(chosen: list[DescriptionToPicture]) -> list[int]:
    return [each.description_id.int for each in chosen]


def test_every_chapter_has_its_best_one_before_any_has_two() -> None:
    found = [described(1, 1, 99), described(2, 1, 98), described(3, 1, 97), described(4, 2, 10)]

    assert numbers(best_of(found, 2)) == [1, 4]
    assert numbers(best_of(found, 3)) == [1, 2, 4]
    assert numbers(best_of(found, 9)) == [1, 2, 3, 4]
    assert best_of([], 3) == []


def test_of_many_chapters_the_best_are_chosen() -> None:
    found = [described(n, chapter=n, score=n) for n in range(1, 6)]

    assert numbers(best_of(found, 2)) == [5, 4]


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 5)), max_size=60), st.integers(1, 5))
def test_one_after_the_other_they_are_those_of_all_at_once(
    places: list[tuple[int, int]], limit: int
) -> None:
    found = [described(n, chapter, score) for n, (chapter, score) in enumerate(places, start=1)]

    def merit(each: DescriptionToPicture) -> tuple[float, str]:
        return -each.score, str(each.description_id)

    def rank(each: DescriptionToPicture) -> int:
        return sum(o.chapter == each.chapter and merit(o) < merit(each) for o in found)

    expected = sorted(found, key=lambda each: (rank(each), *merit(each)))[:limit]
    assert best_of(iter(found), limit) == sorted(expected, key=merit)


def test_of_very_many_only_few_are_held() -> None:
    many = (described(n, chapter=n % 7, score=n % 101) for n in range(20_000))
    tracemalloc.start()

    chosen = best_of(many, 10)

    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(chosen) == 10
    assert most < 200_000


def test_a_line_without_an_end_is_not_held_whole() -> None:
    with pytest.raises(DescriptionsNotReadable, match="a line of more than"):
        list(descriptions_of(b"x" * 65_536 for _ in range(17)))


def test_a_file_may_say_more_of_descriptions_than_pictures_need() -> None:
    line = b'{"description_id":"%s","text":"x","type":"location","voters":["a"],"start":1}'
    content = line % str(UUID(int=7)).encode()

    found = list(descriptions_of([content[:20], content[20:] + b"\n\n", content]))

    assert [(each.description_id, each.text) for each in found] == [(UUID(int=7), "x")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no descriptions"),
        (b"\n \n", "no descriptions"),
        (b"{", "line 1"),
        (b'{"description_id":"x","text":"x"}', "line 1: description_id"),
        (b'{"description_id":"00000000-0000-0000-0000-000000000007","text":" "}', "text"),
        (b"\x89PNG\r\n\x1a\n", "line 1"),
    ],
)
def test_a_file_that_is_none_of_descriptions_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(DescriptionsNotReadable, match=message) as refused:
        list(descriptions_of([content]))

    assert refused.value.field == "descriptions"
