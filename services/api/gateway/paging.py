"""Cursors of lists: where the next page begins."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Query

from gateway.problems import MalformedCursor

#: Of the first number that is no id of a row.
_DIGITS = 19

Row = TypeVar("Row")
Limit = Annotated[int, Query(ge=1, le=500)]
Search = Annotated[str | None, Query(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


def cut(
    rows: Sequence[Row], limit: int, cursor_of: Callable[[Row], str]
) -> tuple[Sequence[Row], str | None]:
    """A page of at most `limit` of these rows, of which one more was read, and its next cursor.

    That is the last row's; None if there is no more.
    """
    page = rows[:limit]
    return page, cursor_of(page[-1]) if len(rows) > limit else None


def by_id(row: Mapping[str, Any]) -> str:
    """The cursor of a list that goes by its rows' ids."""
    return str(row["id"])


def by_number(row: Mapping[str, Any]) -> str:
    """The cursor of a list that goes by its rows' numbers."""
    return str(row["number"])


def id_below(cursor: str | None) -> UUID:
    """The id below which a list goes on, newest first; raises MalformedCursor."""
    if cursor is None:
        return UUID(int=(1 << 128) - 1)
    try:
        return UUID(cursor)
    except ValueError as error:
        raise malformed_cursor() from error


def id_after(cursor: str | None) -> UUID:
    """The id after which a list goes on, oldest first; raises MalformedCursor."""
    try:
        return UUID(cursor) if cursor else UUID(int=0)
    except ValueError as error:
        raise malformed_cursor() from error


def number_in(cursor: str) -> int:
    """The number that a cursor is; raises MalformedCursor."""
    if not (len(cursor) < _DIGITS and cursor.isascii() and cursor.isdigit()):
        raise malformed_cursor()
    return int(cursor)


def text_cursor(last: str) -> str:
    """The cursor of a list in alphabetical order whose page ends with `last`."""
    return urlsafe_b64encode(last.encode()).decode()


def text_after(cursor: str | None) -> str:
    """The text after which such a list goes on; raises MalformedCursor."""
    try:
        after = urlsafe_b64decode(cursor or "").decode()
    except ValueError as error:
        raise malformed_cursor() from error
    if "\x00" in after:
        raise malformed_cursor()
    return after


def like_pattern(search: str | None) -> str | None:
    """What ILIKE finds the text by, wherever it stands; None for none."""
    if not search:
        return None
    escaped = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def malformed_cursor() -> MalformedCursor:
    """What to raise for a cursor that a list has not given out."""
    return MalformedCursor.at("cursor", "is not one that this list gave out")
