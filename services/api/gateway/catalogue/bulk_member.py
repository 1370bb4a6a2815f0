"""One task of a bulk: up to 5,000 documents as NDJSON, with consecutive versions."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import orjson
from anyio import to_thread
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.catalogue.bulk_telling import BulkEntry
from gateway.catalogue.items import ValidItem
from gateway.catalogue.rows import take_versions, write_rows
from gateway.catalogue.tenant import Tenant
from gateway.customers.holding import hold_customer_beside
from gateway.tasks.acceptance import NewTask, accepted_before
from gateway.tasks.beside import write_with_tasks
from warren.contracts.artifact import ArtifactRef
from warren.contracts.catalogue import NDJSON, Action, catalogue_job
from warren.contracts.ids import derived_id

#: Until the end of the transaction; what it waited for is seen by what follows.
_ALONE: LiteralString = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


@dataclass(frozen=True, slots=True)
class BulkTerms:
    """What holds for all of a bulk; `made` is the id of what the request makes."""

    tenant: Tenant
    made: UUID
    action: Action
    traceparent: str | None
    with_embedding: bool = False
    api_key: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """What is written of one item: its content, or none to delete it."""

    id: str
    content: ValidItem | None


async def write_member(terms: BulkTerms, documents: Sequence[Document], entry: BulkEntry) -> UUID:
    """Commit the rows of these documents, no id twice, with the task that indexes them.

    Returns the task's id, which derives from the documents: the same again makes nothing new.
    """
    task_id = derived_id(terms.made, f"bulk:{_fingerprint(documents)}")
    pool = terms.tenant.gateway.pool
    # In a transaction of its own: the customer's other writes do not wait for a file. What they
    # write meanwhile has later versions, and stands.
    customer = terms.tenant.customer_id
    async with pool.connection() as connection, connection.transaction():
        first = (await take_versions(connection, {customer: len(documents)}))[customer]
    reference = await _keep(terms, task_id, documents, first)
    task = await _compose(terms, task_id, reference, len(documents), first)
    rows = [_row(terms, task_id, document, first + n) for n, document in enumerate(documents)]

    async def change(connection: AsyncConnection[DictRow]) -> tuple[UUID, Sequence[NewTask]]:
        # The same request may run twice: the connection that holds its Idempotency-Key can break.
        await hold_customer_beside(connection, customer)
        await connection.execute(_ALONE, [str(task_id)])
        if await accepted_before(connection, [task_id]):
            return task_id, ()
        await write_rows(connection, rows)
        await entry.grow(connection, task_id, len(rows))
        return task_id, (task,)

    field = "ids" if terms.action is Action.BULK_DELETE else "items"
    return await write_with_tasks(pool, change, field=field)


async def _keep(
    terms: BulkTerms, task_id: UUID, documents: Sequence[Document], first: int
) -> ArtifactRef:
    store = terms.tenant.gateway.artifacts.store
    stored = await to_thread.run_sync(store.put, _lines(documents, first))
    return ArtifactRef(
        id=derived_id(task_id, "documents"),
        sha256=stored.sha256,
        size=stored.size,
        media_type=NDJSON,
        name="documents.ndjson",
    )


async def _compose(
    terms: BulkTerms, task_id: UUID, reference: ArtifactRef, count: int, first: int
) -> NewTask:
    values: dict[str, Any] = {
        "customer_id": terms.tenant.customer_id,
        "documents": reference,
        "count": count,
        "first_version": first,
    }
    if terms.action is Action.BULK_UPSERT:
        values |= {"with_embedding": terms.with_embedding, "api_key": terms.api_key}
    job = catalogue_job(terms.action, terms.tenant.entity_kind)(**values)
    return await terms.tenant.gateway.submissions.compose(
        terms.tenant.caller, job, terms.traceparent, task_id=task_id, artifacts=[reference]
    )


def _lines(documents: Sequence[Document], first: int) -> Iterator[bytes]:
    for number, document in enumerate(documents):
        line: dict[str, Any] = {"id": document.id, "entity_version": first + number}
        if document.content is not None:
            line |= {"content_hash": document.content.content_hash, "item": document.content.item}
        yield orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _row(terms: BulkTerms, task_id: UUID, document: Document, version: int) -> dict[str, Any]:
    content = document.content
    return {
        "customer_id": terms.tenant.customer_id,
        "entity_kind": terms.tenant.entity_kind,
        "id": document.id,
        "version": version,
        "content_hash": content.content_hash if content else None,
        "item": content.item if content else None,
        "with_embedding": terms.with_embedding,
        "task_id": task_id,
    }


def _fingerprint(documents: Sequence[Document]) -> str:
    digest = hashlib.sha256()
    for document in documents:
        content = document.content
        digest.update(f"{document.id}\n{content.content_hash if content else ''}\n".encode())
    return digest.hexdigest()
