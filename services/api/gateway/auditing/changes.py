"""What a change is, and writing it down beside what it changes."""

import getpass
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg import AsyncConnection, Connection
from psycopg.rows import DictRow

_RECORD: LiteralString = """
INSERT INTO audit_entries (at, actor, action, target, customer_id, details)
VALUES (clock_timestamp(), %s, %s, %s, %s, %s::jsonb)
"""
_SUBMITTED_BY: LiteralString = "SELECT actor FROM tasks WHERE id = %s"


class Action(StrEnum):
    """What was done: `<noun>.<what became of it>`."""

    KEY_CREATED = "key.created"
    KEY_CHANGED = "key.changed"
    KEY_REVOKED = "key.revoked"
    CUSTOMER_CREATED = "customer.created"
    CUSTOMER_CHANGED = "customer.changed"
    ERASURE_REQUESTED = "data.erasure_requested"
    DATA_ERASED = "data.erased"
    TASK_DELETED = "task.deleted"
    RESULT_EXTENDED = "task.result_extended"
    CATALOGUE_CLEARED = "catalogue.cleared"
    DOCUMENTS_DELETED = "documents.deleted"
    DOCUMENTS_REINDEXED = "documents.reindexed"
    FAQS_DELETED = "faqs.deleted"
    FAQS_IMPORTED = "faqs.imported"
    BOOK_PLANNED = "book.planned"
    BOOK_DELETED = "book.deleted"
    IMAGE_CHANGED = "image.changed"
    IMAGE_DELETED = "image.deleted"
    QUEUE_PAUSED = "queue.paused"
    QUEUE_RESUMED = "queue.resumed"
    QUEUE_PURGED = "queue.purged"
    WORKER_STOPPED = "worker.stopped"
    PROVIDER_RELEASED = "provider.released"
    LETTERS_REPLAYED = "dead_letter.replayed"
    LETTERS_DISCARDED = "dead_letter.discarded"
    TASKS_CANCELLED = "tasks.bulk_cancelled"
    TASKS_RETRIED = "tasks.bulk_retried"
    SCHEDULE_CREATED = "schedule.created"
    SCHEDULE_CHANGED = "schedule.changed"
    SCHEDULE_DELETED = "schedule.deleted"
    SCHEDULE_RUN = "schedule.run"
    WEBHOOK_CREATED = "webhook.created"
    WEBHOOK_CHANGED = "webhook.changed"
    WEBHOOK_DELETED = "webhook.deleted"
    WEBHOOK_DISABLED = "webhook.disabled"
    WEBHOOK_SECRET_ROTATED = "webhook.secret_rotated"  # noqa: S105 -- the name of a change


@dataclass(frozen=True, slots=True)
class Change:
    """Who did what to what.

    `customer_id` is whose thing it was; None: the installation's. `details` are for operators to
    read: no secrets, no content of tasks, no addresses beyond their host.
    """

    actor: str
    action: Action
    target: str
    customer_id: UUID | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def _values(self) -> list[Any]:
        details = orjson.dumps(dict(self.details), default=str).decode()
        return [self.actor, self.action.value, self.target, self.customer_id, details]

    def record(self, connection: Connection[Any]) -> None:
        """Write it down within the caller's transaction, which makes the change."""
        connection.execute(_RECORD, self._values)

    async def record_beside(self, connection: AsyncConnection[DictRow]) -> None:
        """The same, on a connection of the event loop's."""
        await connection.execute(_RECORD, self._values)


def responsible(connection: Connection[Any], actor: str) -> str:
    """Who it is that `actor` works for: of `task:<id>` whoever has submitted that task."""
    kind, _, task = actor.partition(":")
    if kind != "task":
        return actor
    row = connection.execute(_SUBMITTED_BY, [task]).fetchone()
    return str(row[0]) if row else actor


def command_actor() -> str:
    """Who gives a command on this machine, past the gateway."""
    try:
        return f"command:{getpass.getuser()}"
    except (OSError, KeyError):
        # A user id without a name, as containers have it.
        return "command"
