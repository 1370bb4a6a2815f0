"""Who has due rows in a queue: a look that costs the same however many rows there are."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from psycopg import Connection

#: Callers, and limits of one caller, that one look takes in; the next look goes on from there.
_CALLERS = 256
_KEYS = 64
#: No text lies between another and the same text with this after it.
_AFTER = "\x01"

# Two loose index scans over outbox_fair: one descent for each caller, and for each of its limits.
_SCAN = """
WITH RECURSIVE callers AS (
    (SELECT o.customer_id, 1 AS number FROM outbox o
        WHERE o.queue = %(queue)s AND o.customer_id > %(after)s
        ORDER BY o.queue, o.customer_id LIMIT 1)
    UNION ALL
    SELECT further.customer_id, callers.number + 1 FROM callers CROSS JOIN LATERAL (
        SELECT o.customer_id FROM outbox o
        WHERE o.queue = %(queue)s AND o.customer_id > callers.customer_id
        ORDER BY o.queue, o.customer_id LIMIT 1) further
    WHERE callers.number < %(callers)s
)
SELECT callers.customer_id, coalesce(c.weight, 1), keys.limit_key,
    extract(epoch FROM keys.available_at - now())::double precision
FROM callers LEFT JOIN LATERAL (
    SELECT weight FROM customers WHERE id = callers.customer_id LIMIT 1) c ON true
LEFT JOIN LATERAL (
    WITH RECURSIVE keys AS (
        (SELECT o.limit_key, o.available_at, 1 AS number FROM outbox o
            WHERE o.queue = %(queue)s AND o.customer_id = callers.customer_id
                AND o.limit_key >= coalesce(
                    %(from)s::jsonb ->> callers.customer_id::text, '') COLLATE "C"
            ORDER BY o.queue, o.customer_id, o.limit_key, o.available_at LIMIT 1)
        UNION ALL
        SELECT further.limit_key, further.available_at, keys.number + 1
        FROM keys CROSS JOIN LATERAL (
            SELECT o.limit_key, o.available_at FROM outbox o
            WHERE o.queue = %(queue)s AND o.customer_id = callers.customer_id
                AND o.limit_key > keys.limit_key
            ORDER BY o.queue, o.customer_id, o.limit_key, o.available_at LIMIT 1) further
        WHERE keys.number < %(keys)s
    )
    SELECT limit_key, available_at FROM keys) keys ON true
"""
_LOWEST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Heap:
    """Rows of one caller under one limit key; the first is due in `due_in` seconds."""

    customer_id: UUID
    weight: int
    limit_key: str
    due_in: float


@dataclass(slots=True)
class Place:
    """Where the next look at a queue begins."""

    after: UUID = _LOWEST
    keys_from: dict[UUID, str] = field(default_factory=dict)

    @property
    def is_start(self) -> bool:
        """Whether everything has been seen since the last start."""
        return self.after == _LOWEST and not self.keys_from


def look(connection: Connection[Any], queue: str, place: Place) -> list[Heap]:
    """The heaps from `place` on, which moves on; raises psycopg.Error."""
    arguments = {
        "queue": queue,
        "after": place.after,
        "from": orjson.dumps({str(c): key for c, key in place.keys_from.items()}).decode(),
        "callers": _CALLERS,
        "keys": _KEYS,
    }
    rows = connection.execute(_SCAN, arguments).fetchall()
    keys: dict[UUID, list[str]] = {}
    for customer_id, _, limit_key, _ in rows:
        keys.setdefault(customer_id, []).append(limit_key)
    _move_on(place, keys)
    return [Heap(*row) for row in rows if row[2] is not None]


def _move_on(place: Place, keys: dict[UUID, list[str]]) -> None:
    begin, end = place.after, max(keys) if len(keys) == _CALLERS else None
    not_seen = {
        customer: key
        for customer, key in place.keys_from.items()
        if customer <= begin or (end is not None and customer > end)
    }
    unfinished = {c: seen[-1] + _AFTER for c, seen in keys.items() if len(seen) == _KEYS}
    place.keys_from = not_seen | unfinished
    place.after = end or _LOWEST
