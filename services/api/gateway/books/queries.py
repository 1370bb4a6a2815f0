"""Reading books, chapters and descriptions."""

from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import DictRow

from gateway.books.problems import BookNotFound, ChapterNotFound
from gateway.database import Pool, rows_of

# A retry that somebody asked for makes a book that has failed busy again.
_SELECT: LiteralString = """
SELECT b.*, b.id AS book_id, f.media_type, f.size, f.sha256, t.progress, t.message, t.waiting_for,
    t.started_at, t.processing_seconds,
    CASE WHEN t.state IN ('scheduled', 'pending', 'processing', 'retrying', 'cancelling')
        THEN CASE WHEN t.kind = 'book.plan' THEN 'planning' ELSE 'processing' END
        ELSE b.state END AS shown_state
FROM books b LEFT JOIN tasks t ON t.id = b.task_id LEFT JOIN artifacts f ON f.id = b.file_id
WHERE b.customer_id = %(customer)s
"""
_ONE: LiteralString = f"{_SELECT} AND b.id = %(id)s"
_PAGE: LiteralString = f"""{_SELECT} AND b.id < %(below)s
    AND (%(search)s::text IS NULL OR b.title ILIKE %(search)s OR b.author ILIKE %(search)s
        OR b.file_name ILIKE %(search)s)
ORDER BY b.id DESC LIMIT %(limit)s
"""
_CHAPTERS: LiteralString = """
SELECT number, title, kind, level, words, characters, included, cfi, descriptions_found, text_id
FROM book_chapters WHERE book_id = %(id)s AND (%(number)s::integer IS NULL OR number = %(number)s)
ORDER BY number
"""
_FOUND: LiteralString = """
SELECT d.id AS description_id, d.chapter, c.title AS chapter_title, d.type, d.text,
    d.first_character AS start, d.last_character AS "end", d.cfi, d.score, d.confidence, d.voters,
    d.details
FROM book_descriptions d JOIN book_chapters c ON c.book_id = d.book_id AND c.number = d.chapter
WHERE d.book_id = %(id)s
    AND (%(chapter)s::integer IS NULL OR d.chapter = %(chapter)s)
    AND (%(type)s::text IS NULL OR d.type = %(type)s)
    AND (%(least)s::float8 IS NULL OR d.score >= %(least)s)
    AND (%(most)s::float8 IS NULL OR d.score <= %(most)s)
"""
_BY_PLACE: LiteralString = f"""{_FOUND}
    AND (d.chapter, d.first_character, d.id) > (%(c)s, %(f)s, %(last)s)
ORDER BY d.chapter, d.first_character, d.id LIMIT %(limit)s
"""
_BY_SCORE: LiteralString = f"""{_FOUND}
    AND (-d.score, d.id) > (%(s)s, %(last)s)
ORDER BY d.score DESC, d.id LIMIT %(limit)s
"""
# Characters that were analysed in a second, in what was processed last in this mode.
SPEED: LiteralString = """
SELECT sum((result ->> 'characters_analysed')::float8)
    / nullif(sum((result ->> 'processing_time_seconds')::float8), 0) AS speed
FROM (SELECT result FROM books WHERE state = 'processed' AND options ->> 'mode' = %s
    AND result ? 'characters_analysed' ORDER BY id DESC LIMIT 20) AS latest
"""


@dataclass(frozen=True, slots=True)
class DescriptionFilter:
    """Which descriptions; what is None does not matter. Scores are 0-100, both included."""

    chapter: int | None = None
    type: str | None = None
    min_score: float | None = None
    max_score: float | None = None

    def values(self) -> dict[str, Any]:
        """As the statements name them."""
        return {
            "chapter": self.chapter,
            "type": self.type,
            "least": self.min_score,
            "most": self.max_score,
        }


@dataclass(frozen=True, slots=True)
class BookQueries:
    """What can be asked about books."""

    pool: Pool

    async def one(self, customer_id: UUID, book_id: UUID) -> DictRow:
        """The book; raises BookNotFound."""
        rows = await rows_of(self.pool, _ONE, {"customer": customer_id, "id": book_id})
        if not rows:
            raise BookNotFound(f"there is no book {book_id}")
        return rows[0]

    async def page(
        self, customer_id: UUID, search: str | None, below: UUID, limit: int
    ) -> list[DictRow]:
        """At most `limit` books with ids below `below`, newest first."""
        values = {"customer": customer_id, "search": search, "below": below, "limit": limit}
        return await rows_of(self.pool, _PAGE, values)

    async def chapters(self, book_id: UUID) -> list[DictRow]:
        """All chapters in their order."""
        return await rows_of(self.pool, _CHAPTERS, {"id": book_id, "number": None})

    async def chapter(self, book_id: UUID, number: int) -> DictRow:
        """One chapter; raises ChapterNotFound."""
        rows = await rows_of(self.pool, _CHAPTERS, {"id": book_id, "number": number})
        if not rows:
            raise ChapterNotFound(f"book {book_id} has no chapter {number}")
        return rows[0]

    async def by_place(
        self, book_id: UUID, chosen: DescriptionFilter, after: tuple[int, int, UUID], limit: int
    ) -> list[DictRow]:
        """Those that follow the one with this chapter, first character and id."""
        place = dict(zip(("c", "f", "last"), after, strict=True))
        values = {"id": book_id, "limit": limit, **chosen.values(), **place}
        return await rows_of(self.pool, _BY_PLACE, values)

    async def by_score(
        self, book_id: UUID, chosen: DescriptionFilter, after: tuple[float, UUID], limit: int
    ) -> list[DictRow]:
        """The best first: those that follow the one with this negated score and id."""
        place = dict(zip(("s", "last"), after, strict=True))
        values = {"id": book_id, "limit": limit, **chosen.values(), **place}
        return await rows_of(self.pool, _BY_SCORE, values)

    async def speed(self, mode: str) -> float | None:
        """Characters that were analysed in a second here lately; None if none were."""
        speed: float | None = (await rows_of(self.pool, SPEED, [mode]))[0]["speed"]
        return speed
