"""The `webhook` of a batch, which is a task: where its owner wants to be told of its end."""

from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb
from pydantic import ValidationError

from gateway.problems import FieldError, InvalidFields
from gateway.tasks.envelope import field_errors
from gateway.webhooks.task_webhook import TaskWebhook

_SET: LiteralString = "UPDATE tasks SET webhook = %s WHERE id = %s"


def batch_webhook(given: Any) -> TaskWebhook | None:
    """What stands under `webhook` in a body; raises InvalidFields."""
    if given is None:
        return None
    if not isinstance(given, dict):
        raise InvalidFields([FieldError("webhook", "must be an object")])
    try:
        return TaskWebhook.model_validate(given)
    except ValidationError as error:
        faults = field_errors(error, TaskWebhook)
        raise InvalidFields(
            [FieldError(f"webhook.{fault.field}", fault.message) for fault in faults]
        ) from error


async def set_webhook(
    connection: AsyncConnection[DictRow], batch_id: UUID, webhook: TaskWebhook | None
) -> None:
    """In the transaction that makes the batch."""
    if webhook is not None:
        await connection.execute(_SET, [Jsonb(webhook.model_dump()), batch_id])
