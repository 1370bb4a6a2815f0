"""The catalogue's fifteen jobs, what comes of them, and what their bulks are made of.

The gateway alone writes these jobs: it gives each accepted write a version from one counter per
customer, so that the index can order them. The index applies version `v` of a document's text as
external version `2v`, and with its vector as `2v + 1`. A deletion is a tombstone of its version.
Everything of a kind at or below the `floor` of a `delete_all` is gone: the gateway names the floor
with every search, and no search shows what is not above it.

A bulk's `documents` is an artifact of NDJSON, one `CatalogueLine` (or `DeletionLine`) a line. The
lines have consecutive versions: line `i`, from 0, has `first_version + i`. No id comes twice.
"""

from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from warren.contracts.artifact import ArtifactRef, Sha256
from warren.contracts.catalogue_item import EntityId, EntityKind
from warren.contracts.events import Event
from warren.contracts.job import Job
from warren.contracts.sealed import SealedText

#: Documents of one bulk task; larger bulks become a batch of such tasks.
MAX_BULK_DOCUMENTS = 5_000
#: Failures that a result describes; `failed_lines` counts all.
MAX_DESCRIBED_FAILURES = 30
MAX_FAILURE_REASON = 300
NDJSON = "application/x-ndjson"

Version = Annotated[int, Field(ge=1, lt=2**60)]
Count = Annotated[int, Field(ge=1, le=MAX_BULK_DOCUMENTS)]


class Action(StrEnum):
    """What a job does to the catalogue."""

    UPSERT = "upsert"
    DELETE = "delete"
    BULK_UPSERT = "bulk_upsert"
    BULK_DELETE = "bulk_delete"
    DELETE_ALL = "delete_all"


class CatalogueJob(Job):
    """Base of the fifteen: whose catalogue, and which part of it."""

    action: ClassVar[Action]
    entity_kind: ClassVar[EntityKind]

    customer_id: UUID


class UpsertJob(CatalogueJob):
    """Let the index hold this item. `content_hash` is that of
    warren.contracts.catalogue_item."""

    action: ClassVar[Action] = Action.UPSERT

    id: EntityId
    entity_version: Version
    content_hash: Sha256
    #: As warren.contracts.catalogue_item.CatalogueItem describes it, nulls left out.
    item: dict[str, Any]
    with_embedding: bool = True
    #: Of the caller's embedding provider; opened with `api_key_context(customer_id)`.
    api_key: SealedText | None = None


class DeleteJob(CatalogueJob):
    """Let the index no longer show this item."""

    action: ClassVar[Action] = Action.DELETE

    id: EntityId
    entity_version: Version


class BulkUpsertJob(CatalogueJob):
    """Let the index hold `count` items; `documents` has a `CatalogueLine` for each."""

    action: ClassVar[Action] = Action.BULK_UPSERT

    documents: ArtifactRef
    count: Count
    first_version: Version
    with_embedding: bool = True
    api_key: SealedText | None = None


class BulkDeleteJob(CatalogueJob):
    """Let the index no longer show `count` items; `documents` has a `DeletionLine` for each."""

    action: ClassVar[Action] = Action.BULK_DELETE

    documents: ArtifactRef
    count: Count
    first_version: Version


class DeleteAllJob(CatalogueJob):
    """Clean up all that the customer has of this kind at versions up to `floor`, inclusive.

    No search shows it any more when this job is made.
    """

    action: ClassVar[Action] = Action.DELETE_ALL

    floor: Version


class CatalogueLine(BaseModel):
    """A line of a bulk's NDJSON."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: EntityId
    entity_version: Version
    content_hash: Sha256
    item: dict[str, Any]


class DeletionLine(BaseModel):
    """A line of a bulk deletion's NDJSON."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: EntityId
    entity_version: Version


class ItemFailure(BaseModel):
    """An item that the index has refused for good, and why; `line` counts from 0 in a bulk."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    entity_version: int
    line: int = 0
    field: str | None = None
    reason: Annotated[str, Field(max_length=MAX_FAILURE_REASON)]


class CatalogueResult(BaseModel):
    """The result of each of the fifteen jobs.

    A single write that the index refuses fails its task (PermanentError or RejectedInput). A bulk
    succeeds when every line was either applied, superseded or refused for good. `superseded_by` is
    the newer version that a single write, or a whole bulk, has found in its place.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    entity_kind: EntityKind
    #: Written, or already there with just this version.
    applied: Annotated[int, Field(ge=0)]
    #: Passed over, as the index has a newer version of them.
    superseded: Annotated[int, Field(ge=0)] = 0
    failed: Annotated[int, Field(ge=0)] = 0
    #: The lines of a bulk that failed, all of them, ascending.
    failed_lines: Annotated[list[int], Field(max_length=MAX_BULK_DOCUMENTS)] = []
    failures: Annotated[list[ItemFailure], Field(max_length=MAX_DESCRIBED_FAILURES)] = []
    superseded_by: int | None = None
    #: The version of the index (behind its alias) that has taken it up.
    index: str | None = None
    #: Of the job: its version, the last of its lines, or its floor.
    max_version: int


class CatalogueIndexed(Event):
    """The index has taken up `count` writes of a kind, up to `max_version`."""

    type: ClassVar[str] = "catalogue.indexed.v1"

    customer_id: UUID
    entity_kind: EntityKind
    count: int
    max_version: int


def api_key_context(customer_id: UUID) -> str:
    """What a sealed `api_key` is bound to: no other customer's job can open it."""
    return f"catalogue.api_key:{customer_id}"


def _job(wire_name: str, base: type[CatalogueJob], kind: EntityKind) -> type[CatalogueJob]:
    name = f"{base.__name__.removesuffix('Job')}{kind.value.capitalize()}"
    attributes = {
        "__module__": __name__,
        "__doc__": base.__doc__,
        "__annotations__": {"kind": ClassVar[str], "entity_kind": ClassVar[EntityKind]},
        "kind": wire_name,
        "entity_kind": kind,
    }
    return type(name, (base,), attributes)


#: Every wire name, written by hand, and its model.
CATALOGUE_JOBS: dict[str, type[CatalogueJob]] = {
    wire_name: _job(wire_name, base, kind)
    for wire_name, base, kind in (
        ("catalogue.upsert_product", UpsertJob, EntityKind.PRODUCT),
        ("catalogue.upsert_service", UpsertJob, EntityKind.SERVICE),
        ("catalogue.upsert_accessory", UpsertJob, EntityKind.ACCESSORY),
        ("catalogue.delete_product", DeleteJob, EntityKind.PRODUCT),
        ("catalogue.delete_service", DeleteJob, EntityKind.SERVICE),
        ("catalogue.delete_accessory", DeleteJob, EntityKind.ACCESSORY),
        ("catalogue.bulk_upsert_product", BulkUpsertJob, EntityKind.PRODUCT),
        ("catalogue.bulk_upsert_service", BulkUpsertJob, EntityKind.SERVICE),
        ("catalogue.bulk_upsert_accessory", BulkUpsertJob, EntityKind.ACCESSORY),
        ("catalogue.bulk_delete_product", BulkDeleteJob, EntityKind.PRODUCT),
        ("catalogue.bulk_delete_service", BulkDeleteJob, EntityKind.SERVICE),
        ("catalogue.bulk_delete_accessory", BulkDeleteJob, EntityKind.ACCESSORY),
        ("catalogue.delete_all_product", DeleteAllJob, EntityKind.PRODUCT),
        ("catalogue.delete_all_service", DeleteAllJob, EntityKind.SERVICE),
        ("catalogue.delete_all_accessory", DeleteAllJob, EntityKind.ACCESSORY),
    )
}


def catalogue_job(action: Action, kind: EntityKind) -> type[CatalogueJob]:
    """The model of the job that does this to that."""
    return _BY_MEANING[action, kind]


_BY_MEANING = {(job.action, job.entity_kind): job for job in CATALOGUE_JOBS.values()}
