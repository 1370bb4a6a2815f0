"""Documents over HTTP: lists, sources, one of them, and where its files are."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.documents.queries import DocumentFilter, DocumentQueries
from gateway.documents.schemas import (
    DocumentList,
    DocumentView,
    Download,
    OriginalList,
    OriginalView,
    SourceList,
    SourceView,
)
from gateway.paging import Limit, Search, by_id, cut, id_below, text_after, text_cursor
from gateway.reconciling.entities import SyncState
from gateway.reconciling.schemas import SyncView
from warren.contracts.documents import MAX_SOURCE

router = APIRouter(prefix="/api/v1", tags=["documents"])

Reader = Annotated[Caller, Depends(requires(Scope.TASKS_READ))]
App = Annotated[Gateway, Depends(gateway_of)]
_Source = Annotated[str | None, Query(min_length=1, max_length=MAX_SOURCE, pattern=r"^[^\x00]*$")]


@router.get("/documents/list")
async def list_documents(
    caller: Reader,
    gateway: App,
    source: _Source = None,
    sync: SyncState | None = None,
    search: Search = None,
    cursor: str | None = None,
    limit: Limit = 50,
) -> DocumentList:
    """One's own documents, newest first; `search` looks into their names and sources."""
    chosen = DocumentFilter(source, sync, search)
    rows, more = await _page(gateway, caller, chosen, cursor, limit)
    return DocumentList(items=[_view(gateway, row) for row in rows], next_cursor=more)


@router.get("/documents-original/list")
async def list_originals(
    caller: Reader,
    gateway: App,
    source: _Source = None,
    search: Search = None,
    cursor: str | None = None,
    limit: Limit = 50,
) -> OriginalList:
    """The files of one's own documents, as they were uploaded or fetched."""
    chosen = DocumentFilter(source, None, search, with_original=True)
    rows, more = await _page(gateway, caller, chosen, cursor, limit)
    items = [
        OriginalView(
            **{name: row[name] for name in _OF_ORIGINAL},
            download=_download(gateway, row["original_id"]),
        )
        for row in rows
    ]
    return OriginalList(items=items, next_cursor=more)


@router.get("/documents/sources")
async def list_sources(
    caller: Reader, gateway: App, cursor: str | None = None, limit: Limit = 50
) -> SourceList:
    """The sources of one's own documents, in alphabetical order."""
    after = text_after(cursor)
    rows = await DocumentQueries(gateway.pool).sources(caller.customer_id, after, limit + 1)
    shown, more = cut(rows, limit, lambda row: text_cursor(row["source"]))
    return SourceList(items=[SourceView(**row) for row in shown], next_cursor=more)


@router.get("/documents/{document_id}")
async def get_document(document_id: UUID, caller: Reader, gateway: App) -> DocumentView:
    """One document, how far the chatbot is in step with it, and links to its files."""
    return _view(gateway, await DocumentQueries(gateway.pool).one(caller.customer_id, document_id))


_OF_ORIGINAL = ("document_id", "source", "name", "media_type", "size", "sha256", "created_at")


async def _page(
    gateway: Gateway, caller: Caller, chosen: DocumentFilter, cursor: str | None, limit: int
) -> tuple[Sequence[dict[str, Any]], str | None]:
    below = id_below(cursor)
    rows = await DocumentQueries(gateway.pool).page(caller.customer_id, chosen, below, limit + 1)
    return cut(rows, limit, by_id)


def _view(gateway: Gateway, row: dict[str, Any]) -> DocumentView:
    derived = {
        **SyncView.columns(row),
        "original": _download(gateway, row["original_id"]) if row["original_id"] else None,
        "text": _download(gateway, row["text_id"]) if row["text_id"] else None,
    }
    same = set(DocumentView.model_fields) - set(derived)
    return DocumentView(**derived, **{name: row[name] for name in same})


def _download(gateway: Gateway, artifact_id: UUID) -> Download:
    link = gateway.links.link(artifact_id)
    return Download(url=link.url, expires_at=link.expires_at)
