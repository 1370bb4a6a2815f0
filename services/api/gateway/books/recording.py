"""What was read of a book becomes rows: chapters, and the descriptions found in them."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg import Connection

from gateway.books.artifacts import let_go
from gateway.reconciling.artifacts import add_artifact
from warren.contracts.artifact import ArtifactRef
from warren.contracts.book_results import BookContents, BookDescription, RecordedBook
from warren.contracts.books import RecordBook

_BATCH = 500
_LOCK: LiteralString = """
SELECT id FROM books WHERE id = %s AND customer_id = %s AND task_id = %s FOR NO KEY UPDATE
"""
# A statement of its own, begun when the book is locked: a generation that has recorded is seen.
_LATER: LiteralString = "SELECT FROM tasks WHERE id = %s AND generation > %s"
_FILES: LiteralString = "SELECT text_id FROM book_chapters WHERE book_id = %s"
# What the plan says of a chapter stays as somebody has changed it.
_CHAPTERS: LiteralString = """
INSERT INTO book_chapters (book_id, number, title, kind, level, words, characters, cfi, text_id,
    included)
SELECT %(book)s, number, title, kind, level, words, characters, cfi, text_id, kind = 'body'
FROM json_to_recordset(%(rows)s::json) AS n (number integer, title text, kind text, level integer,
    words integer, characters integer, cfi text, text_id uuid)
ON CONFLICT (book_id, number) DO UPDATE SET title = excluded.title, level = excluded.level,
    words = excluded.words, characters = excluded.characters, cfi = excluded.cfi,
    text_id = excluded.text_id
"""
_GONE_CHAPTERS: LiteralString = """
WITH gone AS (
    DELETE FROM book_chapters WHERE book_id = %(book)s AND number <> ALL (%(numbers)s::integer[])
    RETURNING number
)
DELETE FROM book_descriptions WHERE book_id = %(book)s AND chapter IN (SELECT number FROM gone)
"""
_ABOUT: LiteralString = """
UPDATE books SET title = coalesce(title, %(title)s), author = coalesce(author, %(author)s),
    language = coalesce(language, %(language)s), format = %(format)s,
    repairs = %(repairs)s::jsonb, total_chapters = %(total)s, words = %(words)s,
    characters = %(characters)s, updated_at = now()
WHERE id = %(book)s
"""
_FORGET: LiteralString = "DELETE FROM book_descriptions WHERE book_id = %s"
_DESCRIPTIONS: LiteralString = """
INSERT INTO book_descriptions (id, book_id, customer_id, chapter, first_character, last_character,
    cfi, type, text, score, confidence, voters, details)
SELECT id, %(book)s, %(customer)s, chapter, first_character, last_character, cfi, type, text,
    score, confidence, ARRAY (SELECT json_array_elements_text(voters)), details
FROM json_to_recordset(%(rows)s::json) AS n (id uuid, chapter integer, first_character integer,
    last_character integer, cfi text, type text, text text, score float8, confidence float8,
    voters json, details jsonb)
ON CONFLICT (id) DO NOTHING
"""
_COUNT: LiteralString = """
UPDATE book_chapters c SET descriptions_found = coalesce(n.found, 0)
FROM book_chapters o LEFT JOIN (SELECT chapter, count(*)::integer AS found
    FROM book_descriptions WHERE book_id = %(book)s GROUP BY chapter) AS n ON n.chapter = o.number
WHERE o.book_id = %(book)s AND c.book_id = o.book_id AND c.number = o.number
"""
_FILE: LiteralString = """
UPDATE books b SET descriptions_id = %(file)s
FROM (SELECT descriptions_id AS before FROM books WHERE id = %(book)s) AS old
WHERE b.id = %(book)s RETURNING old.before
"""
_TOTAL: LiteralString = """
UPDATE books SET descriptions_found = (
    SELECT count(*) FROM book_descriptions WHERE book_id = %(book)s)
WHERE id = %(book)s RETURNING descriptions_found
"""
_DETAILS = {"score_parts", "context_before", "context_after", "mentions"}


def record_book(
    connection: Connection[Any],
    job: RecordBook,
    contents: BookContents,
    descriptions: Iterable[BookDescription],
) -> RecordedBook:
    """Write rows within the caller's transaction; done again it changes nothing.

    If the job names no file of descriptions, those that there are stay. A book that was deleted
    stays so, and one that another task or a later generation has taken over keeps what that finds.
    """
    customer_id, book_id = job.customer_id, job.book_id
    if not _is_wanted(connection, job):
        return RecordedBook(book_id=book_id, recorded=False, chapters=0, descriptions=0)
    _write_chapters(connection, customer_id, book_id, contents)
    if job.descriptions is not None:
        _write_file(connection, customer_id, book_id, job.descriptions)
        connection.execute(_FORGET, [book_id])
        found = iter(descriptions)
        while batch := list(islice(found, _BATCH)):
            _write_descriptions(connection, customer_id, book_id, batch)
        connection.execute(_COUNT, {"book": book_id})
    ((count,),) = connection.execute(_TOTAL, {"book": book_id}).fetchall()
    return RecordedBook(
        book_id=book_id, recorded=True, chapters=len(contents.chapters), descriptions=count
    )


def _is_wanted(connection: Connection[Any], job: RecordBook) -> bool:
    """Locks the book that the job's task has read, in its latest generation."""
    if not connection.execute(_LOCK, [job.book_id, job.customer_id, job.task_id]).fetchall():
        return False
    return not connection.execute(_LATER, [job.task_id, job.generation]).fetchall()


def _write_file(
    connection: Connection[Any], customer_id: UUID, book_id: UUID, file: ArtifactRef
) -> None:
    """The descriptions as a file: what is chosen of, also where some chapters are missing."""
    add_artifact(connection, customer_id, book_id, file)
    for (before,) in connection.execute(_FILE, {"file": file.id, "book": book_id}).fetchall():
        let_go(connection, book_id, {before} - {file.id})


def _write_chapters(
    connection: Connection[Any], customer_id: UUID, book_id: UUID, contents: BookContents
) -> None:
    before = {file for (file,) in connection.execute(_FILES, [book_id]).fetchall()}
    rows = [
        {**chapter.model_dump(mode="json", exclude={"text"}), "text_id": chapter.text.id}
        for chapter in contents.chapters
    ]
    for chapter in contents.chapters:
        add_artifact(connection, customer_id, book_id, chapter.text)
    connection.execute(_CHAPTERS, {"book": book_id, "rows": orjson.dumps(rows).decode()})
    numbers = [chapter.number for chapter in contents.chapters]
    connection.execute(_GONE_CHAPTERS, {"book": book_id, "numbers": numbers})
    let_go(connection, book_id, before - {chapter.text.id for chapter in contents.chapters})
    about = contents.model_dump(include={"title", "author", "language", "format"})
    values = {
        **about,
        "book": book_id,
        "repairs": orjson.dumps(contents.repairs).decode(),
        "total": len(contents.chapters),
        "words": sum(chapter.words for chapter in contents.chapters),
        "characters": sum(chapter.characters for chapter in contents.chapters),
    }
    connection.execute(_ABOUT, values)


def _write_descriptions(
    connection: Connection[Any],
    customer_id: UUID,
    book_id: UUID,
    batch: Sequence[BookDescription],
) -> None:
    rows = [_row(found) for found in batch]
    connection.execute(
        _DESCRIPTIONS,
        {"book": book_id, "customer": customer_id, "rows": orjson.dumps(rows).decode()},
    )


def _row(found: BookDescription) -> dict[str, Any]:
    same = {"chapter", "cfi", "type", "text", "score", "confidence", "voters"}
    return {
        **found.model_dump(mode="json", include=same),
        "id": found.description_id,
        "first_character": found.start,
        "last_character": found.end,
        "details": found.model_dump(mode="json", include=_DETAILS),
    }
