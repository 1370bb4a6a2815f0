"""How many pictures a user of a customer may ask for in a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from gateway.authentication import Caller
from gateway.customers.holding import hold_key_beside
from gateway.database import Pool
from gateway.images.problems import QuotaSpent
from gateway.tasks.envelope import Envelope
from warren.contracts.books import ProcessBook
from warren.contracts.generated_images import (
    DEFAULT_FOR_BOOK,
    GenerateForBook,
    GenerateForDescriptions,
)
from warren.contracts.images import GenerateImage

#: Without a user, a customer's requests share one quota.
_NOBODY = ""
#: Seconds in which a task must be there after it was counted; else nobody accepted it.
_ACCEPTED_WITHIN = 60

# One request of a user after the other, so that two cannot both take the last pictures.
_LOCK: LiteralString = "SELECT pg_advisory_xact_lock(hashtextextended(%(customer)s || %(user)s, 7))"
# Only what failed is given back: whoever cancels an order, or lets it expire, may start it again.
_USED: LiteralString = """
SELECT coalesce(sum(o.images), 0)::integer AS used,
    bool_or(o.task_id = %(task)s) AS counted
FROM image_orders o LEFT JOIN tasks t ON t.id = o.task_id
WHERE o.customer_id = %(customer)s::uuid AND o.user_id = %(user)s AND o.created_at >= %(since)s
    AND CASE WHEN t.id IS NULL
        THEN o.created_at > now() - make_interval(secs => %(patience)s)
            OR EXISTS (SELECT FROM batches b WHERE b.task_id = o.batch_id AND b.ended_at IS NULL)
        ELSE t.state <> 'failed' END
"""
_NOTE: LiteralString = """
INSERT INTO image_orders (task_id, customer_id, user_id, images, batch_id)
VALUES (%(task)s, %(customer)s::uuid, %(user)s, %(images)s, %(batch)s)
ON CONFLICT (task_id) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class ImageQuotas:
    """Counts what is asked for over HTTP; `limit` is for a user and a day of UTC."""

    pool: Pool
    limit: int

    async def charge(
        self, caller: Caller, envelope: Envelope, task_id: UUID, follows: UUID | None = None
    ) -> None:
        """Count the pictures that a task asks for; raises QuotaSpent, and counts none then.

        The same task is counted once, however often it is submitted. One that `follows` a batch is
        not there before that has ended.
        """
        images = images_asked_for(envelope.kind, envelope.payload)
        if images is None:
            return
        now = datetime.now(UTC)
        values = {
            "customer": str(caller.customer_id),
            "user": envelope.user_id or _NOBODY,
            "task": task_id,
            "images": images,
            "batch": follows,
            "since": _midnight(now),
            "patience": _ACCEPTED_WITHIN,
        }
        async with self.pool.connection() as connection, connection.transaction():
            await hold_key_beside(connection, caller)
            await connection.execute(_LOCK, values)
            row = await (await connection.execute(_USED, values)).fetchone() or {}
            if row["counted"]:
                return
            self._ensure_left(row["used"], images, now)
            await connection.execute(_NOTE, values)

    def _ensure_left(self, used: int, images: int, now: datetime) -> None:
        if used + images <= self.limit:
            return
        again = _midnight(now) + timedelta(days=1)
        raise QuotaSpent(
            f"{images} more than the {used} of today would exceed the {self.limit} pictures that a "
            f"user may ask for in a day; there are more from {again:%Y-%m-%dT%H:%M:%SZ} on",
            headers={"Retry-After": str(int((again - now).total_seconds()) + 1)},
            limit=self.limit,
            used=used,
        )


def images_asked_for(kind: str, payload: Mapping[str, Any]) -> int | None:
    """How many pictures a valid payload asks for; None for kinds that generate none."""
    match kind:
        case GenerateImage.kind:
            return int(payload.get("n") or 1)
        case GenerateForBook.kind:
            return int(payload.get("limit") or DEFAULT_FOR_BOOK)
        case ProcessBook.kind:
            return payload.get("illustrate") or None
        case GenerateForDescriptions.kind:
            return int(payload.get("count") or 1)
    return None


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)
