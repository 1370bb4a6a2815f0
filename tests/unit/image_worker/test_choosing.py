"""Which descriptions of a book are pictured."""

from uuid import UUID

import pytest

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


def test_a_file_may_say_more_of_descriptions_than_pictures_need() -> None:
    line = b'{"description_id":"%s","text":"x","type":"location","voters":["a"],"start":1}'
    content = line % str(UUID(int=7)).encode()

    found = descriptions_of([content[:20], content[20:] + b"\n\n", content])

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
        descriptions_of([content])

    assert refused.value.field == "descriptions"
