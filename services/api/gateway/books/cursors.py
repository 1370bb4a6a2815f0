"""Cursors of lists of descriptions: the key of the last one of a page."""

import math
from typing import TypeVar
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError

from gateway.paging import malformed_cursor, text_after, text_cursor

KeyT = TypeVar("KeyT")

_FIRST = UUID(int=0)
_PLACE: TypeAdapter[tuple[int, int, UUID]] = TypeAdapter(tuple[int, int, UUID])
_SCORE: TypeAdapter[tuple[float, UUID]] = TypeAdapter(tuple[float, UUID])
_LARGEST = 2**31


def place_cursor(chapter: int, first: int, last: UUID) -> str:
    """Where a list in the order of the book goes on."""
    return text_cursor(orjson.dumps([chapter, first, last]).decode())


def place_after(cursor: str | None) -> tuple[int, int, UUID]:
    """What such a list follows; raises MalformedCursor."""
    if cursor is None:
        return 0, 0, _FIRST
    place = _parsed(_PLACE, cursor)
    if not (0 <= place[0] < _LARGEST and 0 <= place[1] < _LARGEST):
        raise malformed_cursor()
    return place


def score_cursor(score: float, last: UUID) -> str:
    """Where a list with the best first goes on."""
    return text_cursor(orjson.dumps([-score, last]).decode())


def score_after(cursor: str | None) -> tuple[float, UUID]:
    """What such a list follows; raises MalformedCursor."""
    return (-math.inf, _FIRST) if cursor is None else _parsed(_SCORE, cursor)


def _parsed(adapter: TypeAdapter[KeyT], cursor: str) -> KeyT:
    try:
        return adapter.validate_json(text_after(cursor))
    except ValidationError as error:
        raise malformed_cursor() from error
