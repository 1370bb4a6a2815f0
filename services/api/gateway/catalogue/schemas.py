"""What the endpoints of catalogues answer."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from gateway.tasks.schemas import TaskAccepted
from warren.contracts.catalogue_item import EntityKind


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


class WriteAccepted(TaskAccepted):
    """The task that brings the index to the version which the item now has."""

    id: str
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


class BulkAccepted(TaskAccepted):
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


class DeletionAccepted(TaskAccepted):
    """Everything of the kind up to version `floor` is gone from every search now."""

    entity_kind: EntityKind
    floor: int


def _sync(row: dict[str, Any]) -> SyncState:
    if row["indexed_version"] >= row["version"]:
        return SyncState.INDEXED
    return SyncState.FAILED if row["last_error"] else SyncState.PENDING
