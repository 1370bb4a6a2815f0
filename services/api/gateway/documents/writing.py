"""Changes of documents, each in one transaction with the task that brings it to the chatbot."""

from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from gateway.auditing.changes import Action, rows_of, told_beside
from gateway.documents.problems import DocumentNotFound, SourceNotFound, TooManyMoved
from gateway.reconciling.artifacts import add_artifact, drop_artifacts
from gateway.reconciling.changing import (
    Change,
    apply_changes,
    change_entities,
    ensure_syncs,
    lock_with_tasks,
)
from gateway.reconciling.covering import delete_covered
from gateway.reconciling.emptying import delete_everything
from gateway.reconciling.entities import Domain, Entity, scope_id
from gateway.reconciling.rows import take_versions
from gateway.reconciling.writing import Writing
from warren.contracts.artifact import ArtifactRef
from warren.contracts.documents import (
    MAX_MOVED,
    DeleteAllDocuments,
    DeleteDocumentsBySource,
    TriggerReindex,
    UploadDocumentFile,
    UploadDocumentText,
    UploadDocumentUrl,
)
from warren.contracts.job import Job

_EXISTS: LiteralString = """
SELECT FROM documents d JOIN syncs s ON s.entity_id = d.id
WHERE d.id = %s AND d.customer_id = %s AND NOT s.deleted
"""
_PUT: LiteralString = told_beside("""
INSERT INTO documents (id, customer_id, source, origin, name, url, metadata, media_type, sha256,
    original_id)
VALUES (%(id)s, %(customer_id)s, %(source)s, %(origin)s, %(name)s, %(url)s, %(metadata)s,
    %(media_type)s, %(sha256)s, %(original_id)s)
ON CONFLICT (id) DO UPDATE SET source = excluded.source,
    moved = documents.moved OR documents.source <> excluded.source,
    origin = excluded.origin, name = excluded.name, url = excluded.url,
    metadata = excluded.metadata, media_type = excluded.media_type, sha256 = excluded.sha256,
    original_id = excluded.original_id, text_id = NULL, characters = NULL, language = NULL,
    updated_at = now()
""")
_ALL: LiteralString = """
SELECT entity_id, deleted OR entity <> 'document' FROM syncs
WHERE customer_id = %s AND entity IN ('document', 'document_source')
    AND NOT (deleted AND state = 'synced')
"""
# With what could not be deleted: it is asked for again.
_OF_SOURCE: LiteralString = """
SELECT d.id, s.deleted, s.deleted AND s.state <> 'failed', d.moved
FROM documents d JOIN syncs s ON s.entity_id = d.id
WHERE d.customer_id = %s AND d.source = %s AND NOT (s.deleted AND s.state = 'synced')
"""


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document as it is desired; of an address there is no `original` yet."""

    id: UUID
    replaces: bool
    origin: str
    source: str
    name: str
    metadata: dict[str, Any]
    original: ArtifactRef | None = None
    url: str | None = None

    def job(self, customer_id: UUID, version: int) -> Job:
        """What brings it to the chatbot."""
        shared: dict[str, Any] = {
            "customer_id": customer_id,
            "document_id": self.id,
            "desired_version": version,
            "source": self.source,
            "metadata": self.metadata,
        }
        if self.original is None:
            return UploadDocumentUrl(**shared, url=self.url or "")
        model = UploadDocumentText if self.origin == "text" else UploadDocumentFile
        return model(**shared, artifact=self.original)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the task, and the version that it brings about."""

    task_id: UUID
    version: int
    document_id: UUID | None = None
    deleted: int | None = None


def put_document(writing: Writing, new: NewDocument, task_id: UUID) -> Written:
    """Add the document, or replace what is there; raises DocumentNotFound."""
    connection, customer = writing.connection, writing.caller.customer_id
    version = take_versions(connection, customer, Domain.DOCUMENTS)
    if (payload := writing.payload_of(task_id)) is not None:
        return Written(task_id, payload["desired_version"], UUID(payload["document_id"]))
    if new.replaces and connection.execute(_EXISTS, [new.id, customer]).fetchone() is None:
        raise DocumentNotFound.at("document_id", f"is no document of yours: {new.id}")
    change = Change(new.id, Entity.DOCUMENT, task_id, version, lambda _: new.job(customer, version))
    change_entities(
        connection, writing.issuer, writing.caller, [change], traceparent=writing.traceparent
    )
    _put(writing, new, task_id, version)
    return Written(task_id, version, new.id)


def _put(writing: Writing, new: NewDocument, task_id: UUID, version: int) -> None:
    """Write the document, under the lock of its sync, as the recorder does when that ends."""
    connection, customer, original = writing.connection, writing.caller.customer_id, new.original
    if new.replaces:
        drop_artifacts(connection, [new.id])
    if original is not None:
        add_artifact(connection, customer, new.id, original)
    told = {"origin": new.origin, "version": version, "task_id": task_id}
    written = writing.change(Action.DOCUMENT_WRITTEN, str(new.id), **told)
    connection.execute(
        _PUT,
        {
            "told": rows_of([written]),
            "id": new.id,
            "customer_id": customer,
            "source": new.source,
            "origin": new.origin,
            "name": new.name,
            "url": new.url,
            "metadata": Jsonb(new.metadata),
            "media_type": original.media_type if original else None,
            "sha256": original.sha256 if original else None,
            "original_id": original.id if original else None,
        },
    )


def delete_all(writing: Writing, task_id: UUID) -> Written:
    """Delete every document of the caller's customer."""
    version, deleted = delete_everything(
        writing, Entity.DOCUMENTS, _ALL, task_id, DeleteAllDocuments
    )
    return Written(task_id, version, deleted=deleted)


def delete_source(writing: Writing, source: str, task_id: UUID) -> Written:
    """Delete the caller's documents of a source; raises SourceNotFound if there are none."""
    connection, customer = writing.connection, writing.caller.customer_id
    version = take_versions(connection, customer, Domain.DOCUMENTS)
    if (payload := writing.payload_of(task_id)) is not None:
        return Written(task_id, payload["desired_version"])
    members = connection.execute(_OF_SOURCE, [customer, source]).fetchall()
    if all(is_on_its_way for _, _, is_on_its_way, _ in members):
        raise SourceNotFound.at("source", f"has no documents of yours: {source[:200]!r}")
    moved = [member for member, _, _, has_moved in members if has_moved]
    if len(moved) > MAX_MOVED:
        raise TooManyMoved(
            f"{len(moved)} documents have come to this source since the chatbot took them in, and"
            f" {MAX_MOVED} can be deleted at once: wait until they are synced, or delete all"
        )
    change = Change(
        scope_id(customer, Entity.DOCUMENT_SOURCE, source),
        Entity.DOCUMENT_SOURCE,
        task_id,
        version,
        lambda _: DeleteDocumentsBySource(
            customer_id=customer, source=source, desired_version=version, moved=moved
        ),
        {"version": version, "deleted": 0},
    )
    delete_covered(
        connection,
        writing.issuer,
        writing.caller,
        change,
        [member for member, *_ in members],
        always=False,
        traceparent=writing.traceparent,
    )
    deleted = sum(not was for _, was, *_ in members)
    told = {"source": source, "deleted": deleted, "task_id": task_id}
    writing.tell(Action.DOCUMENTS_DELETED, Domain.DOCUMENTS.value, **told)
    return Written(task_id, version, deleted=deleted)


def reindex(writing: Writing, task_id: UUID) -> Written:
    """Let the chatbot build its index anew now, in place of one that waits for a burst to end."""
    connection, customer = writing.connection, writing.caller.customer_id
    take_versions(connection, customer, Domain.DOCUMENTS, 0)
    if (payload := writing.payload_of(task_id)) is not None:
        return Written(task_id, payload["desired_version"])
    index = scope_id(customer, Entity.DOCUMENT_INDEX)
    ensure_syncs(connection, customer, Entity.DOCUMENT_INDEX, [index])
    locked = lock_with_tasks(connection, [index])
    version = locked.rows[index].desired_version + 1
    change = Change(
        index,
        Entity.DOCUMENT_INDEX,
        task_id,
        version,
        lambda _: TriggerReindex(customer_id=customer, desired_version=version),
    )
    apply_changes(
        connection,
        writing.issuer,
        writing.caller,
        [change],
        locked,
        traceparent=writing.traceparent,
    )
    writing.tell(Action.DOCUMENTS_REINDEXED, Domain.DOCUMENTS.value, task_id=task_id)
    return Written(task_id, version)
