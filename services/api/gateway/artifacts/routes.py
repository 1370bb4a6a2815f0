"""POST /api/v1/artifacts and GET /api/v1/artifacts/{id}."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response

from gateway.artifacts.multipart import FirstFile
from gateway.artifacts.naming import UploadName, disposition_filename
from gateway.artifacts.schemas import ArtifactView
from gateway.artifacts.serving import file_response
from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.idempotency.route import answer_once, made_id
from gateway.problems import TooLarge

router = APIRouter(prefix="/api/v1/artifacts", tags=["artifacts"])

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
    """Store a file: the raw body, or the first file of a multipart form.

    Its media type is what its first bytes say; where they do not tell, what the client says.
    """
    declared = request.headers.get("content-length", "")
    limit = gateway.settings.max_artifact_bytes
    if declared.isdigit() and int(declared) > limit + _FRAME:
        raise TooLarge(f"the file is larger than {limit} bytes", limit_bytes=limit)
    content, describe = _upload(request, name, limit)
    received = await gateway.artifacts.receive(request, content, describe)

    async def keep(request: Request) -> Response:
        reference = received.model_copy(update={"id": made_id(request)})
        await gateway.artifacts.keep(caller, reference)
        view = ArtifactView.of(reference)
        return JSONResponse(view.model_dump(mode="json"), 201, headers={"Location": view.url})

    # Only now is the request known by its content, which is never held whole. What it claims to be
    # is the same after an upgrade; as what it is recognised may be another type then.
    described = f"{received.sha256} {describe().media_type} {received.name}"
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
    return await file_response(request, gateway.artifacts.store, reference)


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
