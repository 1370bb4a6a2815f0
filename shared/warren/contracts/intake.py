"""Commands to the recorder, on the queue `warren.intake`: tasks that jobs ask for."""

from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from warren.contracts.batches import MAX_MEMBERS
from warren.contracts.ids import derived_id
from warren.contracts.submission import MAX_BATCH, TaskOptions


class NewChild(TaskOptions):
    """A task that a job asks for.

    Its payload is as a worker reads it, with whole references to artifacts. `key` makes its id, so
    that asking again makes nothing new.
    """

    key: Annotated[str, Field(min_length=1, max_length=300)]
    kind: Annotated[str, Field(min_length=1, max_length=200)]
    version: Annotated[int, Field(ge=1, lt=2**31)]
    payload: dict[str, Any]


class NewBatch(BaseModel):
    """The batch that children are members of, told with each command that brings some.

    `key` makes its id. It is complete when `total` members are known; a command's members follow
    `offset` others. `then` is done after the last of them has ended; its own key says nothing.
    A batch that is `awaited` by its parent is cancelled with it.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    key: Annotated[str, Field(min_length=1, max_length=300)]
    total: Annotated[int, Field(ge=1, le=MAX_MEMBERS)]
    offset: Annotated[int, Field(ge=0)] = 0
    then: NewChild | None = None
    awaited: bool = False


class SpawnTasks(BaseModel):
    """What a run of the task `parent_id` asks for, in the order of the asking.

    `at` is the worker's clock: a child's `delay_seconds` count from then.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: Literal["task.spawn"] = "task.spawn"
    parent_id: UUID
    run_id: UUID
    at: AwareDatetime
    traceparent: str | None = None
    children: Annotated[list[NewChild], Field(min_length=1, max_length=MAX_BATCH)]
    batch: NewBatch | None = None

    def encode(self) -> bytes:
        """As JSON."""
        return self.model_dump_json(exclude_none=True).encode()


def child_id(parent_id: UUID, key: str) -> UUID:
    """The id of the task that `parent_id` asks for under `key`, whichever run of it asks."""
    return derived_id(parent_id, f"child:{key}")


def batch_id(parent_id: UUID, key: str) -> UUID:
    """The id of the batch that `parent_id` asks for under `key`."""
    return derived_id(parent_id, f"batch:{key}")


def named_batch(key: str) -> str:
    """The key of a batch that its parent has given a name."""
    return f"key:{key}"


def member_key(batch: str, position: int) -> str:
    """The key of a member of the batch with this key."""
    return f"member:{batch}/{position}"


def parse_spawn(body: bytes) -> SpawnTasks:
    """Read a command; raises ValueError (of which pydantic.ValidationError is one)."""
    return SpawnTasks.model_validate(orjson.loads(body))
