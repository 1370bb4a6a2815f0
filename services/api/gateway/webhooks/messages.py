"""What receivers are sent: `{type, timestamp, data}`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from gateway.tasks.schemas import TaskStatus
from gateway.webhooks.filters import BATCH_FINISHED, task_type
from warren.contracts.batches import BATCH_KIND
from warren.contracts.ids import derived_id
from warren.contracts.states import TaskState
from warren.contracts.webhooks import MAX_BODY_BYTES

#: What the owner gave the task, to find it again by.
_GIVEN = ("user_id", "tags", "metadata")


@dataclass(frozen=True, slots=True)
class Message:
    """A fact that is told to any number of receivers; `source` and `key` make its deliveries' ids.

    `task_id` is what it is about.
    """

    source: UUID
    key: str
    type: str
    timestamp: datetime
    data: dict[str, Any]
    customer_id: UUID
    task_id: UUID | None = None
    user_id: str | None = None
    traceparent: str | None = None
    asked_by_job: bool = field(default=False)

    def delivery_id(self, receiver: UUID) -> UUID:
        """The id of the task that delivers this to an endpoint, or a URL: always the same one."""
        return derived_id(self.source, f"webhook:{receiver}:{self.key}")

    def body(self) -> dict[str, Any]:
        """As JSON, of at most MAX_BODY_BYTES."""
        whole = self._with(self.data)
        size = len(orjson.dumps(whole))
        if size <= MAX_BODY_BYTES:
            return whole
        left_out = f"the message would have {size} bytes, more than {MAX_BODY_BYTES}"
        return self._with({"task_id": str(self.task_id), "left_out": left_out})

    def _with(self, data: dict[str, Any]) -> dict[str, Any]:
        moment = self.timestamp.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return {"type": self.type, "timestamp": moment, "data": data}


def end_message(row: Mapping[str, Any]) -> Message:
    """That a task has ended; `row` is that of `tasks`, as read for a TaskStatus."""
    state = TaskState(row["state"])
    type_ = end_type(row["kind"], state)
    status = TaskStatus.of(dict(row)).model_dump(mode="json")
    given = {name: row[name] for name in _GIVEN}
    return Message(
        source=row["id"],
        key=f"{row['generation']}:{type_}",
        type=type_,
        timestamp=row["finished_at"] or datetime.now(UTC),
        data={**status, **given},
        customer_id=row["customer_id"],
        task_id=row["id"],
        user_id=row["user_id"],
        traceparent=row["traceparent"],
        asked_by_job=row["parent_id"] is not None,
    )


def end_type(kind: str, state: TaskState) -> str:
    """What a message says of the end of a task of this kind."""
    return BATCH_FINISHED if kind == BATCH_KIND else task_type(state)
