"""How far a bulk action on tasks has come, in a row that outlives whoever runs it.

The row is locked before any task and by steps of that action only, so that two runs of it (one of
them by a housekeeper that froze) take turns.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import Connection

_BEGIN = """
INSERT INTO bulk_actions (task_id, position, total) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""
_KNOWN = """
SELECT position, changed, being_erased, total, is_finished FROM bulk_actions WHERE task_id = %s
"""
_MOVE = """
UPDATE bulk_actions SET position = %s, changed = changed + %s, being_erased = being_erased + %s,
    is_finished = %s, updated_at = now()
WHERE task_id = %s
"""
_FORGET = "DELETE FROM bulk_actions WHERE updated_at < now() - interval '400 days'"


@dataclass(frozen=True, slots=True)
class Acted:
    """What was done about some tasks: `changed` were dealt with, `being_erased` left out, as their
    customers are being erased."""

    changed: int
    being_erased: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """`changed` tasks of `total` (None if unknown) have been dealt with, all up to `position`, but
    for those that were left out, as their customers are `being_erased`."""

    position: UUID
    changed: int
    being_erased: int
    total: int | None
    is_finished: bool

    @property
    def percent(self) -> int:
        """0–99 while it goes on."""
        return min(99, 100 * self.changed // self.total) if self.total else 0


def progress_of(connection: Connection[Any], action: UUID) -> Progress | None:
    """None if it has not begun."""
    row = connection.execute(_KNOWN, [action]).fetchone()
    return Progress(*row) if row else None


def begin(connection: Connection[Any], action: UUID, position: UUID, total: int | None) -> bool:
    """Note that it begins; False for one that has begun, which stays where it is."""
    return connection.execute(_BEGIN, [action, position, total]).rowcount == 1


def lock(connection: Connection[Any], action: UUID) -> Progress:
    """Where an action stands that has begun; nobody else moves it within this transaction."""
    row = connection.execute(_KNOWN + " FOR UPDATE", [action]).fetchone()
    if row is None:
        raise LookupError(f"bulk action {action} has not begun")
    return Progress(*row)


def move(connection: Connection[Any], action: UUID, position: UUID | None, acted: Acted) -> None:
    """Go on behind `position`, or never if it is None; so many more tasks are dealt with."""
    finished = position is None
    counts = [acted.changed, acted.being_erased]
    connection.execute(_MOVE, [position or UUID(int=0), *counts, finished, action])


def forget_old_actions(connection: Connection[Any]) -> None:
    """Those whose tasks are too old to be known any more."""
    connection.execute(_FORGET)
