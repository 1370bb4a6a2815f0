"""Documents over HTTP: uploading, deleting, reindexing. Reading them: documents/reading.py."""

from dataclasses import replace
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from gateway.authentication import Caller, requires
from gateway.awaiting.preference import PARAMETERS
from gateway.awaiting.route import TaskRoute, with_outcome
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.described_bodies import form_body, json_body
from gateway.documents.schemas import (
    DocumentAccepted,
    DocumentsDeleted,
    TextUpload,
    UrlUpload,
    parse_upload,
)
from gateway.documents.uploads import keep_text, receive_file
from gateway.documents.urls import checked_public_url
from gateway.documents.writing import (
    NewDocument,
    Written,
    delete_all,
    delete_source,
    put_document,
    reindex,
)
from gateway.idempotency.route import answer_once, made_id
from gateway.json_body import read_json
from gateway.reconciling.confirming import ensure_confirmed
from gateway.reconciling.schemas import SyncAccepted, accepted_answer
from gateway.reconciling.wording import Wording
from gateway.reconciling.writing import write_change
from gateway.tasks.submission import valid_traceparent
from warren.contracts.documents import MAX_SOURCE
from warren.contracts.ids import derived_id

_PREFIX = "/api/v1/documents"
router = APIRouter(prefix=_PREFIX, tags=["documents"], route_class=TaskRoute)
#: A file is not held in memory to be sure that it is done once (gateway/idempotency/route.py).
uploads = APIRouter(prefix=_PREFIX, tags=["documents"])

Writer = Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))]
App = Annotated[Gateway, Depends(gateway_of)]

_FILE_BODY = form_body(
    {
        "source": {"type": "string", "maxLength": MAX_SOURCE},
        "metadata": {"type": "string", "description": "an object, as JSON"},
        "document_id": {"type": "string", "format": "uuid"},
    },
    ["source"],
)


@router.post(
    "/upload-text",
    status_code=202,
    response_model=DocumentAccepted,
    openapi_extra=json_body(TextUpload.model_json_schema()),
)
async def upload_text(request: Request, caller: Writer, gateway: App) -> Response:
    """Add a text, or replace the document that `document_id` names."""
    body = await read_json(request, gateway.settings.max_body_bytes)
    upload = parse_upload(TextUpload, body)
    document = upload.document_id or made_id(request)
    new = await keep_text(gateway.artifacts.store, upload, document)
    return await _put(request, caller, gateway, new)


@router.post(
    "/upload-url",
    status_code=202,
    response_model=DocumentAccepted,
    openapi_extra=json_body(UrlUpload.model_json_schema()),
)
async def upload_url(request: Request, caller: Writer, gateway: App) -> Response:
    """Add what stands at a public address, which is fetched by a worker."""
    body = await read_json(request, gateway.settings.max_body_bytes)
    upload = parse_upload(UrlUpload, body)
    url = checked_public_url(upload.url)
    new = NewDocument(
        id=upload.document_id or made_id(request),
        replaces=upload.document_id is not None,
        origin="url",
        source=upload.source,
        name=(urlsplit(url).hostname or "") + urlsplit(url).path,
        metadata=upload.metadata,
        url=url,
    )
    return await _put(request, caller, gateway, new)


@uploads.post(
    "/upload-file",
    status_code=202,
    response_model=DocumentAccepted,
    openapi_extra={**_FILE_BODY, "parameters": PARAMETERS},
)
async def upload_file(request: Request, caller: Writer, gateway: App) -> Response:
    """Add a file of at most 50 MB: txt, md, html, csv, json, pdf, docx, xlsx or epub."""
    upload, received = await receive_file(request, gateway)

    async def put(request: Request) -> Response:
        new = NewDocument(
            id=upload.document_id or made_id(request),
            replaces=upload.document_id is not None,
            origin="file",
            source=upload.source,
            name=received.name,
            metadata=upload.metadata,
            original=received,
        )
        return await _put(request, caller, gateway, new)

    described = f"{received.sha256} {received.name} {upload.model_dump_json()}"
    return await with_outcome(request, await answer_once(request, described.encode(), put))


@router.delete("/delete-all", status_code=202, response_model=DocumentsDeleted)
async def delete_everything(
    request: Request, caller: Writer, gateway: App, confirm: bool = False
) -> Response:
    """Delete all of one's documents; `confirm=true` says that this is meant."""
    ensure_confirmed(confirm)
    task_id = made_id(request)
    written = await write_change(
        gateway, caller, _trace(request), lambda writing: delete_all(writing, task_id)
    )
    return _deleted(request, written)


@router.delete("/delete-by-source", status_code=202, response_model=DocumentsDeleted)
async def delete_by_source(
    request: Request,
    caller: Writer,
    gateway: App,
    source: Annotated[str, Query(min_length=1, max_length=MAX_SOURCE)],
) -> Response:
    """Delete one's documents of a source."""
    task_id = made_id(request)
    written = await write_change(
        gateway,
        caller,
        _trace(request),
        lambda writing: delete_source(writing, source, task_id),
        field="source",
    )
    return _deleted(request, written)


@router.post("/reindex", status_code=202, response_model=SyncAccepted)
async def trigger_reindex(request: Request, caller: Writer, gateway: App) -> Response:
    """Let the chatbot build its index anew; after changes it does so by itself."""
    task_id = made_id(request)
    written = await write_change(
        gateway, caller, _trace(request), lambda writing: reindex(writing, task_id)
    )
    return accepted_answer(request, SyncAccepted, Wording.REINDEX, task_id, written.version)


async def _put(request: Request, caller: Caller, gateway: Gateway, new: NewDocument) -> Response:
    task_id = derived_id(made_id(request), "task")
    if new.original is not None:
        named = new.original.model_copy(update={"id": derived_id(task_id, "original")})
        new = replace(new, original=named)
    written = await write_change(
        gateway,
        caller,
        _trace(request),
        lambda writing: put_document(writing, new, task_id),
        contents=[new.original.sha256] if new.original else [],
    )
    return accepted_answer(
        request,
        DocumentAccepted,
        Wording.DOCUMENT,
        task_id,
        written.version,
        entity_id=written.document_id,
        document_id=written.document_id,
    )


def _deleted(request: Request, written: Written) -> Response:
    return accepted_answer(
        request,
        DocumentsDeleted,
        Wording.DOCUMENTS_DELETED,
        written.task_id,
        written.version,
        deleted=written.deleted or 0,
    )


def _trace(request: Request) -> str | None:
    return valid_traceparent(request.headers.get("traceparent"))
