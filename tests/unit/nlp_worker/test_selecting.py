"""Which descriptions of a book are to be pictured."""

import tracemalloc
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from nlp_worker.service.selecting import best_across_chapters
from nlp_worker.workers.selecting import SelectForIllustrationWorker
from warren.contracts.book_results import BookDescription
from warren.contracts.books import BOOK_DESCRIPTIONS_MEDIA_TYPE, SelectForIllustration
from warren.contracts.descriptions import DescriptionType
from warren.contracts.ids import new_id
from warren.testing.worker import FakeContext


def described(chapter: int, score: float, start: int = 0) -> BookDescription:
    return BookDescription(
        description_id=new_id(),
        chapter=chapter,
        chapter_title=f"Chapter {chapter}",
        text="A tower.",
        start=start,
        end=start + 8,
        type=DescriptionType.LOCATION,
        score=score,
        score_parts={},
        confidence=1.0,
        voters=["spacy"],
    )


def test_the_best_of_every_chapter_come_before_the_second_best_of_any() -> None:
    found = [described(1, 90), described(1, 89, 20), described(2, 40), described(3, 60)]

    chosen = best_across_chapters(found, 3)

    assert [(each.chapter, each.score) for each in chosen] == [(1, 90), (3, 60), (2, 40)]


def test_more_than_there_are_chapters_are_the_best_of_what_is_left() -> None:
    found = [described(1, 90), described(1, 89, 20), described(2, 40), described(2, 39, 20)]

    assert [each.score for each in best_across_chapters(found, 3)] == [90, 89, 40]


def test_fewer_chapters_than_there_are_give_the_best_of_the_best() -> None:
    found = [described(chapter, 10.0 * chapter) for chapter in range(1, 8)]

    assert [each.chapter for each in best_across_chapters(found, 2)] == [7, 6]


def test_of_very_many_only_few_are_held() -> None:
    many = (described(n % 7 + 1, float(n % 101), n) for n in range(10_000))
    tracemalloc.start()

    chosen = best_across_chapters(many, 10)

    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(chosen) == 10
    assert most < 300_000


def test_all_lines_of_the_file_are_counted_and_the_best_are_ranked() -> None:
    context = FakeContext()
    lines = [described(1, 10.0), described(2, 90.0), described(1, 50.0, 9)]
    content = b"\n".join(each.model_dump_json().encode() for each in lines)
    file = context.given("descriptions.ndjson", content + b"\n", BOOK_DESCRIPTIONS_MEDIA_TYPE)
    job = SelectForIllustration(book_id=new_id(), descriptions=file, limit=2)

    result = SelectForIllustrationWorker().perform(job, context)

    assert (result.total_descriptions, result.selected_count) == (3, 2)
    chosen = [(each.rank, each.chapter, each.score) for each in result.selected_descriptions]
    assert chosen == [(1, 2, 90.0), (2, 1, 50.0)]


SOME = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 100)), max_size=25).map(
    lambda places: [described(chapter, float(score)) for chapter, score in places]
)


@given(SOME, st.integers(1, 20))
def test_no_chapter_goes_without_while_another_has_two(
    found: list[BookDescription], limit: int
) -> None:
    chosen = best_across_chapters(found, limit)

    assert len(chosen) == min(limit, len(found))
    assert len({each.description_id for each in chosen}) == len(chosen)
    assert [each.score for each in chosen] == sorted((c.score for c in chosen), reverse=True)
    taken = {chapter: [c for c in chosen if c.chapter == chapter] for chapter in range(1, 7)}
    left: dict[int, list[UUID]] = {
        chapter: [
            each.description_id
            for each in found
            if each.chapter == chapter and each not in taken[chapter]
        ]
        for chapter in range(1, 7)
    }
    for chapter, ids in left.items():
        if ids:
            assert all(len(others) <= len(taken[chapter]) + 1 for others in taken.values())
