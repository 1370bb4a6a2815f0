"""How much is kept in step, and how far the chatbot is behind."""

from typing import Any, LiteralString

from psycopg import Connection
from pydantic import BaseModel

_NUMBERS: LiteralString = """
SELECT CASE entity WHEN 'document' THEN 'documents' ELSE 'faqs' END,
    count(*) FILTER (WHERE NOT deleted),
    count(*) FILTER (WHERE state = 'pending' AND NOT deleted),
    count(*) FILTER (WHERE state = 'failed'),
    count(*) FILTER (WHERE deleted AND state = 'pending'),
    coalesce(extract(epoch FROM now() - min(changed_at)
        FILTER (WHERE state = 'pending'))::double precision, 0)
FROM syncs WHERE entity IN ('document', 'faq') GROUP BY 1 ORDER BY 1
"""
_BACKLOG: LiteralString = """
SELECT CASE entity WHEN 'document' THEN 'documents' ELSE 'faqs' END,
    right(customer_id::text, 1), count(*)
FROM syncs WHERE state <> 'synced' AND entity IN ('document', 'faq') GROUP BY 1, 2 ORDER BY 1, 2
"""
_OLDEST: LiteralString = """
SELECT count(*), coalesce(extract(epoch FROM now() - min(changed_at))::double precision, 0)
FROM syncs WHERE state = 'pending'
"""


class SyncNumbers(BaseModel):
    """Of documents or FAQs: how many there are, and how many the chatbot has not followed yet.

    `deleting` are gone here and not confirmed there; `failed` are until somebody acts. The age is
    that of the oldest change that is still on its way.
    """

    items: int
    pending: int
    failed: int
    deleting: int
    oldest_unsynced_seconds: float


def sync_numbers(connection: Connection[Any]) -> dict[str, SyncNumbers]:
    """By domain; reads every row."""
    names = ("items", "pending", "failed", "deleting")
    return {
        domain: SyncNumbers(
            **dict(zip(names, counts, strict=True)), oldest_unsynced_seconds=round(age, 1)
        )
        for domain, *counts, age in connection.execute(_NUMBERS).fetchall()
    }


def sync_backlog(connection: Connection[Any]) -> list[tuple[str, str, int]]:
    """By domain and bucket, how many items and deletions the chatbot has not followed.

    The bucket is the last hexadecimal digit of the customer's id: sixteen, however many customers,
    and chance for all ids that are made here.
    """
    return connection.execute(_BACKLOG).fetchall()


def oldest_pending(connection: Connection[Any]) -> tuple[int, float]:
    """How many changes are on their way, and for how many seconds the oldest of them has been."""
    ((count, age),) = connection.execute(_OLDEST).fetchall()
    return count, age
