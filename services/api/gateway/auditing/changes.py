"""What a change is, and writing it down beside what it changes.

What single writes change comes by the thousand: it is told in a table of its own, `audit_writes`,
of which whole weeks are dropped (docs/decisions/0042).
"""

import getpass
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg import AsyncConnection, Connection
from psycopg.rows import DictRow

_COLUMNS: LiteralString = """(at, actor, action, target, customer_id, details)
SELECT clock_timestamp(), actor, action, target, customer_id, details
FROM json_to_recordset(%(told)s::json)
    AS told (actor text, action text, target text, customer_id uuid, details jsonb)"""
_RECORD: LiteralString = f"INSERT INTO audit_entries {_COLUMNS}"
_RECORD_WRITE: LiteralString = f"INSERT INTO audit_writes {_COLUMNS}"
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
    # Single writes, see `WRITES`.
    TASK_CANCELLED = "task.cancelled"
    TASK_RETRIED = "task.retried"
    ITEM_WRITTEN = "catalogue.item_written"
    ITEM_DELETED = "catalogue.item_deleted"
    BULK_WRITTEN = "catalogue.bulk_written"
    BULK_DELETED = "catalogue.bulk_deleted"
    DOCUMENT_WRITTEN = "document.written"
    FAQ_WRITTEN = "faq.written"
    FAQ_DELETED = "faq.deleted"
    BOOK_UPLOADED = "book.uploaded"
    BOOK_WORKED_ON = "book.worked_on"
    ARTIFACT_UPLOADED = "artifact.uploaded"
    WEBHOOK_PINGED = "webhook.pinged"
    MESSAGE_RESENT = "webhook.message_resent"


#: What programs do by the thousand: one row for each request, in `audit_writes`.
WRITES = frozenset(
    {
        Action.TASK_CANCELLED,
        Action.TASK_RETRIED,
        Action.ITEM_WRITTEN,
        Action.ITEM_DELETED,
        Action.BULK_WRITTEN,
        Action.BULK_DELETED,
        Action.DOCUMENT_WRITTEN,
        Action.FAQ_WRITTEN,
        Action.FAQ_DELETED,
        Action.BOOK_UPLOADED,
        Action.BOOK_WORKED_ON,
        Action.ARTIFACT_UPLOADED,
        Action.WEBHOOK_PINGED,
        Action.MESSAGE_RESENT,
    }
)


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
    def row(self) -> dict[str, Any]:
        """As `told_beside` and `rows_of` have it."""
        return {
            "actor": self.actor,
            "action": self.action.value,
            "target": self.target,
            "customer_id": self.customer_id,
            "details": dict(self.details),
        }

    def record(self, connection: Connection[Any]) -> None:
        """Write it down within the caller's transaction, which makes the change."""
        connection.execute(self._statement, {"told": rows_of([self])})

    async def record_beside(self, connection: AsyncConnection[DictRow]) -> None:
        """The same, on a connection of the event loop's."""
        await connection.execute(self._statement, {"told": rows_of([self])})

    @property
    def _statement(self) -> LiteralString:
        return _RECORD_WRITE if self.action in WRITES else _RECORD


def told_beside(statement: LiteralString) -> LiteralString:
    """The statement, which also writes down single writes: `told` is what `rows_of` makes of them.

    So that a change and its entry are one round trip. The statement begins with no WITH.
    """
    return f"WITH told AS ({_RECORD_WRITE}) {statement}"


def told_if_done(statement: LiteralString) -> LiteralString:
    """The same, of a statement with RETURNING that may find nothing to do: told if it did."""
    return f"WITH done AS ({statement}) {_RECORD_WRITE} WHERE EXISTS (SELECT FROM done)"


def rows_of(changes: Iterable[Change]) -> str:
    """What `told_beside` is told, as JSON."""
    return orjson.dumps([change.row for change in changes], default=str).decode()


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
