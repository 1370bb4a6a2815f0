"""Which tasks read a book or make pictures of it, and how long their results are kept."""

from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection

from warren.contracts.books import ProcessBook
from warren.contracts.ids import lowest_id
from warren.contracts.states import TERMINAL_STATES

#: By how much the clocks of whoever makes ids and of the database may differ.
_SKEW = timedelta(hours=1)
# A payload may have the id in any notation, or something that is none.
_LIVE: LiteralString = """
SELECT id FROM tasks WHERE customer_id = %(customer)s AND id >= %(first)s
    AND (kind LIKE 'book.%%' OR kind LIKE 'image.%%') AND state <> ALL (%(ended)s)
    AND lower(replace(payload ->> 'book_id', '-', '')) = %(book)s
"""
_RELEASE: LiteralString = """
UPDATE tasks SET result_kept_until = NULL WHERE customer_id = %(customer)s AND id >= %(first)s
    AND kind = %(kind)s AND result_kept_until IS NOT NULL
    AND lower(replace(payload ->> 'book_id', '-', '')) = %(book)s
"""


def tasks_of_book(
    connection: Connection[Any], customer_id: UUID, book_id: UUID, since: datetime
) -> set[UUID]:
    """The customer's tasks that have not ended and are about the book, which is there `since`."""
    values = {
        "customer": customer_id,
        "first": lowest_id(since - _SKEW),
        "ended": sorted(TERMINAL_STATES),
        "book": book_id.hex,
    }
    return {task_id for (task_id,) in connection.execute(_LIVE, values).fetchall()}


def release_results(
    connection: Connection[Any], customer_id: UUID, book_id: UUID, since: datetime
) -> None:
    """What came of a book, which was there `since`, is kept no longer than other results."""
    values = {
        "customer": customer_id,
        "first": lowest_id(since - _SKEW),
        "kind": ProcessBook.kind,
        "book": book_id.hex,
    }
    connection.execute(_RELEASE, values)
