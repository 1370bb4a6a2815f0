"""How many members of a batch have ended, and how."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

TALLIES = """
SELECT b.task_id AS batch_id, b.total, b.callback, count(m.task_id)::integer AS known,
    count(*) FILTER (WHERE m.state = 'succeeded')::integer AS succeeded,
    count(*) FILTER (WHERE m.state = 'failed')::integer AS failed,
    count(*) FILTER (WHERE m.state = 'cancelled')::integer AS cancelled,
    count(*) FILTER (WHERE m.state = 'expired')::integer AS expired
FROM batches b LEFT JOIN batch_members m ON m.batch_id = b.task_id
WHERE b.task_id = ANY (%s::uuid[]) GROUP BY b.task_id ORDER BY b.task_id
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """A batch of `total` members, of which `known` have come so far."""

    batch_id: UUID
    total: int
    callback: dict[str, Any] | None
    known: int
    succeeded: int
    failed: int
    cancelled: int
    expired: int

    @property
    def ended(self) -> int:
        """Members that have ended, in whatever way."""
        return self.succeeded + self.failed + self.cancelled + self.expired

    @property
    def progress(self) -> int:
        """Percent."""
        return 100 * self.ended // self.total

    @property
    def message(self) -> str:
        """The same for people."""
        return f"{self.ended} of {self.total} members have ended"

    @property
    def counts(self) -> dict[str, int]:
        """By state, and in all."""
        return {
            "total": self.total,
            "succeeded": self.succeeded,
            "failed": self.failed,
            "cancelled": self.cancelled,
            "expired": self.expired,
        }
