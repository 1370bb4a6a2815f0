"""POST /api/v1/artifacts and GET /api/v1/artifacts/{id}."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated
from uuid import UUID

import structlog
from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from gateway.artifacts.multipart import FirstFile
from gateway.artifacts.naming import UploadName, attachment, disposition_filename
from gateway.artifacts.ranges import cut, requested_range
from gateway.artifacts.schemas import ArtifactView
from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.idempotency.route import answer_once, made_id
from gateway.problems import ArtifactGone, CorruptContent, TooLarge
from warren.artifacts import ArtifactMissing, ArtifactStore, CorruptArtifact
from warren.contracts.artifact import ArtifactRef
from warren.errors import WarrenError

router = APIRouter(prefix="/api/v1/artifacts", tags=["artifacts"])
_log = structlog.get_logger(__name__)

#: Smaller files are checked before the first byte is sent, larger ones on the way.
_READ_WHOLE = 1024 * 1024
#: The frame of a multipart body, and its other parts, are not part of the file.
_FRAME = 64 * 1024
_UPLOAD_BODY = {
    "required": True,
    "content": {
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"file": {"type": "string", "format": "binary"}},
                "required": ["file"],
            }
        },
    },
}


@router.post(
    "",
    status_code=201,
    response_model=ArtifactView,
    openapi_extra={"requestBody": _UPLOAD_BODY},
)
async def upload_artifact(
    request: Request,
    caller: Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
    name: Annotated[str | None, Query(max_length=1000, description="name of a raw body")] = None,
) -> Response:
    """Store a file: the raw body, or the first file of a multipart form."""
    declared = request.headers.get("content-length", "")
    limit = gateway.settings.max_artifact_bytes
    if declared.isdigit() and int(declared) > limit + _FRAME:
        raise TooLarge(f"the file is larger than {limit} bytes", limit_bytes=limit)
    content, describe = _upload(request, name, limit)
    received = await gateway.artifacts.receive(content, describe)

    async def keep(request: Request) -> Response:
        reference = received.model_copy(update={"id": made_id(request)})
        await gateway.artifacts.keep(caller.customer_id, reference)
        view = ArtifactView.of(reference)
        return JSONResponse(view.model_dump(mode="json"), 201, headers={"Location": view.url})

    # Only now is the request known by its content, which is never held whole.
    described = f"{received.sha256} {received.media_type} {received.name}"
    return await answer_once(request, described.encode(), keep)


@router.head("/{artifact_id}", include_in_schema=False)
@router.get(
    "/{artifact_id}",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}, 206: {}, 304: {}},
)
async def download_artifact(
    artifact_id: UUID,
    request: Request,
    gateway: Annotated[Gateway, Depends(gateway_of)],
    expires: Annotated[str | None, Query(description="of a signed link")] = None,
    signature: Annotated[str | None, Query(description="of a signed link")] = None,
) -> Response:
    """The file, or the part that a Range header asks for; its ETag is the SHA-256.

    A signed link (`expires` and `signature`) needs no API key.
    """
    if signature is None:
        caller = await requires(Scope.TASKS_READ)(request)
        reference = await gateway.artifacts.find(artifact_id, caller.customer_id)
    else:
        gateway.links.check(request.method, artifact_id, expires or "", signature)
        reference = await gateway.artifacts.find(artifact_id, None)
    etag = f'"{reference.sha256}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=3600",
        "Content-Disposition": attachment(reference.name),
        "X-Content-Type-Options": "nosniff",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if request.method == "HEAD":
        headers["Content-Length"] = str(reference.size)
        return _typed(Response(headers=headers), reference)
    wanted = None
    if request.headers.get("if-range", etag) == etag:
        wanted = requested_range(request.headers.get("range"), reference.size)
    return await _content(gateway.artifacts.store, reference, wanted, headers)


async def _content(
    store: ArtifactStore, reference: ArtifactRef, wanted: range | None, headers: dict[str, str]
) -> Response:
    status = 200
    if wanted is not None:
        status = 206
        headers["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{reference.size}"
    bounds = wanted or range(reference.size)
    try:
        if reference.size <= _READ_WHOLE:
            data = await to_thread.run_sync(store.read, reference.sha256)
            part = data[bounds.start : bounds.stop]
            return _typed(Response(part, status, headers=headers), reference)
        chunks = await to_thread.run_sync(store.open, reference.sha256)
    except ArtifactMissing as error:
        raise ArtifactGone(f"the content of artifact {reference.id} is gone") from error
    except CorruptArtifact as error:
        _log.error("artifact_corrupt", artifact_id=str(reference.id), error=str(error))
        raise CorruptContent(f"the content of artifact {reference.id} is damaged") from error
    headers["Content-Length"] = str(len(bounds))
    body = _noticed(cut(chunks, bounds), reference)
    return _typed(StreamingResponse(body, status, headers=headers), reference)


def _typed(response: Response, reference: ArtifactRef) -> Response:
    # Not by `media_type`: Starlette would add a charset that the uploader did not name.
    response.headers["Content-Type"] = reference.media_type
    return response


def _noticed(chunks: Iterator[bytes], reference: ArtifactRef) -> Iterator[bytes]:
    """Once bytes are sent an error can only cut the answer off; the log says why."""
    try:
        yield from chunks
    except WarrenError as error:
        _log.error("download_cut_off", artifact_id=str(reference.id), error=str(error))
        raise


def _upload(
    request: Request, name: str | None, limit: int
) -> tuple[AsyncIterator[bytes], Callable[[], UploadName]]:
    content_type = request.headers.get("content-type", "")
    body = _pieces(request, limit)
    if content_type.lower().startswith("multipart/form-data"):
        file = FirstFile(content_type)
        return file.content(body), lambda: file.described or UploadName.of(name, None)
    described = UploadName.of(name or disposition_filename(request.headers), content_type)
    return body, lambda: described


async def _pieces(request: Request, limit: int) -> AsyncIterator[bytes]:
    received = 0
    async for piece in request.stream():
        received += len(piece)
        if received > limit + _FRAME:
            raise TooLarge(
                f"the body is larger than a file of {limit} bytes needs", limit_bytes=limit
            )
        # An empty piece is the end of the body, not the end of what `keep` reads.
        if piece:
            yield piece
