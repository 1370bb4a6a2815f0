"""Books as they are shown."""

from typing import Any
from uuid import UUID

from gateway.books.problems import NotRead
from gateway.books.queries import BookQueries
from gateway.books.schemas import (
    BookCounts,
    BookOptions,
    BookTimings,
    BookView,
    ChapterView,
    DescriptionView,
    PlanView,
)
from gateway.composition import Gateway
from gateway.tasks.schemas import TaskError

#: Characters of a second where nothing has been processed so far: a guess on the safe side.
_USUAL_SPEED = 3_000.0
_SAME = set(BookView.model_fields) - {"state", "options", "counts", "timings", "error", "progress"}


def book_view(row: dict[str, Any]) -> BookView:
    """A book, from a row of gateway.books.queries."""
    started, result = row["started_at"], row["result"] or {}
    return BookView(
        state=row["shown_state"],
        options=BookOptions.model_validate(row["options"]),
        progress=100 if row["progress"] is None else row["progress"],
        error=TaskError.of(row["error"]),
        counts=BookCounts(
            chapters=row["total_chapters"],
            words=row["words"],
            characters=row["characters"],
            descriptions=row["descriptions_found"],
            locations=row["locations_count"],
        ),
        timings=BookTimings(
            created_at=row["created_at"],
            started_at=started,
            processed_at=row["processed_at"],
            processing_time_seconds=result.get("processing_time_seconds"),
        ),
        **{name: row[name] for name in _SAME},
    )


def chapter_view(row: dict[str, Any]) -> ChapterView:
    """A chapter."""
    return ChapterView(**{name: row[name] for name in ChapterView.model_fields})


def description_view(row: dict[str, Any]) -> DescriptionView:
    """A description."""
    named = {**row, **row["details"]}
    return DescriptionView(**{name: named[name] for name in DescriptionView.model_fields})


async def plan_view(gateway: Gateway, customer_id: UUID, book_id: UUID) -> PlanView:
    """What would be analysed; raises BookNotFound, or NotRead before the book was read."""
    queries = BookQueries(gateway.pool)
    book = await queries.one(customer_id, book_id)
    rows = await queries.chapters(book_id)
    if not rows:
        raise NotRead(f"book {book_id} has no chapters yet: it is {book['shown_state']}")
    mode = BookOptions.model_validate(book["options"]).mode.value
    speed = await queries.speed(mode) or _USUAL_SPEED
    chapters = [
        PlanView.Chapter(
            **chapter_view(row).model_dump(),
            expected_seconds=round(row["characters"] / speed, 2),
        )
        for row in rows
    ]
    included = [chapter for chapter in chapters if chapter.included]
    return PlanView(
        book_id=book_id,
        state=book["shown_state"],
        mode=mode,
        included_chapters=len(included),
        words=sum(chapter.words for chapter in included),
        expected_seconds=round(sum(chapter.expected_seconds for chapter in included), 2),
        chapters=chapters,
    )
