"""The indexer's jobs, performed directly."""

from typing import Any
from uuid import UUID

import orjson

from indexer.ports import CatalogueIndex, StoredDocument
from warren.contracts.artifact import ArtifactRef
from warren.contracts.catalogue import (
    Action,
    CatalogueResult,
    catalogue_job,
)
from warren.contracts.catalogue_item import EntityKind
from warren.testing.worker import FakeContext
from warren.worker.catalogue import load_service

PRODUCT = EntityKind.PRODUCT
HASH = "0" * 64
SERVICE = load_service("indexer")


def perform(
    action: Action, context: FakeContext | None = None, kind: EntityKind = PRODUCT, **payload: Any
) -> CatalogueResult:
    job = catalogue_job(action, kind)
    worker = SERVICE.workers[job.kind, 1]
    result = worker().perform(job(**payload), context or FakeContext())
    assert isinstance(result, CatalogueResult)
    return result


def upsert(
    customer: UUID, item_id: str, version: int, context: FakeContext | None = None, **more: Any
) -> CatalogueResult:
    item = more.pop("item", {"id": item_id, "name": f"Cup {version}"})
    return perform(
        Action.UPSERT,
        context,
        customer_id=customer,
        id=item_id,
        entity_version=version,
        content_hash=HASH,
        item=item,
        **more,
    )


def bulk(context: FakeContext, *lines: Any, first: int = 1) -> tuple[ArtifactRef, int]:
    """An NDJSON file of these items (or raw lines)."""
    rows = [
        line
        if isinstance(line, bytes)
        else orjson.dumps(
            {
                "id": line["id"],
                "entity_version": first + number,
                "content_hash": HASH,
                "item": line,
            }
        )
        for number, line in enumerate(lines)
    ]
    return context.given("bulk.ndjson", b"\n".join(rows)), len(rows)


def bulk_upsert(
    customer: UUID, context: FakeContext, *lines: Any, first: int = 1, **more: Any
) -> CatalogueResult:
    documents, count = bulk(context, *lines, first=first)
    return perform(
        Action.BULK_UPSERT,
        context,
        customer_id=customer,
        documents=documents,
        count=count,
        first_version=first,
        **more,
    )


def held(index: CatalogueIndex, customer: UUID) -> dict[str, StoredDocument]:
    return {document.id: document for document in index.scan(PRODUCT, customer)}


def numbered(count: int) -> list[dict[str, Any]]:
    return [{"id": f"item-{number}", "name": f"Cup {number}"} for number in range(count)]
