"""What follows from the ends of documents' syncs."""

from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from pydantic import ValidationError

from gateway.events.issuing import EventIssuer, Fact
from gateway.reconciling.artifacts import adopt_artifacts
from gateway.reconciling.entities import Entity, SyncState
from gateway.reconciling.issuing import SyncIssuer
from gateway.reconciling.projections import EndedSync, FollowUp
from gateway.reconciling.reindexing import Debounce, request_reindexes
from warren.contracts.documents import DocumentFailed, UploadedDocument
from warren.contracts.ids import derived_id
from warren.contracts.status import ErrorInfo

_CHANGING = (Entity.DOCUMENT, Entity.DOCUMENT_SOURCE, Entity.DOCUMENTS)
_EXTRACTED: LiteralString = """
UPDATE documents SET moved = false, text_id = coalesce(%(text)s, text_id),
    characters = %(characters)s,
    language = %(language)s, media_type = coalesce(%(media_type)s, media_type),
    original_id = coalesce(%(original)s, original_id), sha256 = coalesce(%(sha256)s, sha256)
WHERE id = %(id)s
"""


def document_follow_up(events: EventIssuer, issuer: SyncIssuer, debounce: Debounce) -> FollowUp:
    """Notes what was extracted, states failures, and has the index built anew after changes."""

    def follow(connection: Connection[Any], ended: Sequence[EndedSync]) -> None:
        uploads = [item for item in ended if item.after.entity is Entity.DOCUMENT]
        for item in uploads:
            if item.error is None and item.after.state is SyncState.SYNCED:
                _note_extracted(connection, item)
        events.issue(connection, [_failure(item) for item in uploads if item.failed])
        changed = [item for item in ended if item.after.entity in _CHANGING and not item.error]
        customers = {item.after.customer_id for item in changed}
        request_reindexes(connection, issuer, debounce, customers)

    return follow


def _note_extracted(connection: Connection[Any], item: EndedSync) -> None:
    try:
        result = UploadedDocument.model_validate(item.task.result)
    except ValidationError:
        # It was superseded, or is of another release: the document is in step all the same.
        return
    if result.superseded_by is not None:
        return
    made = {ref.id: ref for ref in (result.text, result.original) if ref is not None}
    adopt_artifacts(connection, item.after.entity_id, made)
    connection.execute(
        _EXTRACTED,
        {
            "id": item.after.entity_id,
            "text": result.text.id if result.text else None,
            "characters": result.characters,
            "language": result.language,
            "media_type": result.media_type,
            "original": result.original.id if result.original else None,
            "sha256": result.original.sha256 if result.original else None,
        },
    )


def _failure(item: EndedSync) -> Fact:
    # After a success, what waited for it was cancelled: the row says so.
    error = item.after.last_error or {}
    event = DocumentFailed(
        customer_id=item.after.customer_id,
        id=item.after.entity_id,
        version=item.after.desired_version,
        error=ErrorInfo(
            type=error.get("type", "Failed"),
            message=error.get("message", ""),
            field=error.get("field"),
        ),
    )
    return Fact(_event_id(item), item.task, event.wire())


def _event_id(item: EndedSync) -> UUID:
    """One for each generation: a retry may fail as well."""
    return derived_id(item.task.id, f"failed:{item.task.generation}")
