"""A stored file as an answer: whole, in part, or not again."""

from collections.abc import Iterator, Mapping

import structlog
from anyio import to_thread
from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from gateway.artifacts.naming import attachment
from gateway.artifacts.ranges import cut, requested_range
from gateway.problems import ArtifactGone, CorruptContent
from warren.artifacts import ArtifactMissing, ArtifactStore, CorruptArtifact
from warren.contracts.artifact import ArtifactRef
from warren.errors import WarrenError

_log = structlog.get_logger(__name__)

#: Smaller files are checked before the first byte is sent, larger ones on the way.
_READ_WHOLE = 1024 * 1024


async def file_response(
    request: Request,
    store: ArtifactStore,
    reference: ArtifactRef,
    more: Mapping[str, str] | None = None,
) -> Response:
    """The file, or the part that a Range header asks for; its ETag is the SHA-256.

    `more` are headers. Raises RangeNotSatisfiable, ArtifactGone or CorruptContent.
    """
    etag = f'"{reference.sha256}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=3600",
        "Content-Disposition": attachment(reference.name),
        "X-Content-Type-Options": "nosniff",
        **(more or {}),
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if request.method == "HEAD":
        headers["Content-Length"] = str(reference.size)
        return _typed(Response(headers=headers), reference)
    wanted = None
    if request.headers.get("if-range", etag) == etag:
        wanted = requested_range(request.headers.get("range"), reference.size)
    return await _content(store, reference, wanted, headers)


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
