"""What the endpoints of catalogues answer."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from gateway.tasks.schemas import TaskUrls
from warren.contracts.catalogue_item import EntityKind
from warren.contracts.states import TaskState


class SyncState(StrEnum):
    """Whether the index shows an item as its customer wants it."""

    INDEXED = "indexed"
    PENDING = "pending"
    FAILED = "failed"


class ItemError(BaseModel):
    """Why the index does not have the desired version, or its vector; `task_id` has failed."""

    type: str
    message: str
    field: str | None = None
    task_id: UUID | None = None


class ItemView(BaseModel):
    """An item and where its index stands; a deleted one has no `item`."""

    id: str
    entity_kind: EntityKind
    deleted: bool
    item: dict[str, Any] | None
    content_hash: str | None
    with_embedding: bool
    sync: SyncState
    desired_version: int
    indexed_version: int
    changed_at: datetime
    indexed_at: datetime | None
    last_error: ItemError | None
    #: The index has the item, but no search by meaning finds it: its vector was not made.
    vector_error: ItemError | None
    task_id: UUID

    @classmethod
    def of(cls, row: dict[str, Any]) -> "ItemView":
        """The view of a row of `catalogue_items`."""
        same = {name: row[name] for name in _SAME}
        return cls(desired_version=row["version"], sync=_sync(row), **same)


_SAME = set(ItemView.model_fields) - {"sync", "desired_version"}


class ItemList(BaseModel):
    """Items by their ids."""

    items: list[ItemView]
    next_cursor: str | None


class TaskQueued(BaseModel):
    """A write that is committed, and its task; `queued` stands for `pending`.

    `id` is what was written; of a write of many, the task. `message` is in the language that the
    request asks for.
    """

    id: str
    status: TaskState | Literal["queued"]
    message: str
    task_id: UUID
    kind: str
    created_at: datetime
    unique: bool = False
    urls: TaskUrls

    @classmethod
    def columns(
        cls, task_id: UUID, kind: str, state: TaskState, created_at: datetime, message: str
    ) -> dict[str, Any]:
        """These fields, `id` that of the task."""
        return {
            "id": str(task_id),
            "status": "queued" if state is TaskState.PENDING else state,
            "message": message,
            "task_id": task_id,
            "kind": kind,
            "created_at": created_at,
            "urls": TaskUrls.of(task_id),
        }


class WriteAccepted(TaskQueued):
    """The task that brings the index to the version which the item now has."""

    entity_kind: EntityKind
    version: int


class Unchanged(BaseModel):
    """Nothing was written, as the index has just this content already; there is no task."""

    unchanged: Literal[True] = True
    id: str
    entity_kind: EntityKind
    version: int


class RefusedItem(BaseModel):
    """An item of a bulk that was not accepted; `position` counts from 0, for NDJSON lines, too."""

    position: int
    id: str | None
    field: str
    message: str


class BulkAccepted(TaskQueued):
    """A bulk's task, or the batch of its tasks (`members`), each with at most 5,000 documents.

    `repeated` are items that a later one of the same id replaced; of the refused ones the first
    hundred are described in `errors`.
    """

    entity_kind: EntityKind
    members: list[UUID]
    accepted: int
    unchanged: int
    repeated: int
    refused: int
    errors: list[RefusedItem]


class NothingToDo(BaseModel):
    """A bulk of which nothing had to be written; there is no task."""

    entity_kind: EntityKind
    accepted: Literal[0] = 0
    unchanged: int
    repeated: int
    refused: int
    errors: list[RefusedItem]


class DeletionAccepted(TaskQueued):
    """Everything of the kind up to version `floor` is gone from every search now."""

    entity_kind: EntityKind
    floor: int


def _sync(row: dict[str, Any]) -> SyncState:
    if row["indexed_version"] >= row["version"]:
        return SyncState.INDEXED
    return SyncState.FAILED if row["last_error"] else SyncState.PENDING
