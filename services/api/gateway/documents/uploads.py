"""A file on its way into the store: looked at as it passes, and refused before it is kept."""

from collections.abc import AsyncIterator
from uuid import UUID

from anyio import to_thread
from fastapi import Request

from gateway.artifacts.multipart import FirstFile
from gateway.artifacts.naming import UploadName
from gateway.composition import Gateway
from gateway.documents.recognition import Recogniser
from gateway.documents.schemas import FileUpload, TextUpload, parse_upload
from gateway.documents.writing import NewDocument
from gateway.problems import MalformedUpload, TooLarge
from warren.artifacts import ArtifactStore
from warren.contracts.artifact import ArtifactRef
from warren.contracts.documents import MAX_DOCUMENT_BYTES
from warren.contracts.ids import new_id

#: The frame of a multipart body, and its fields, are not part of the file.
_FRAME = 128 * 1024


async def receive_file(request: Request, gateway: Gateway) -> tuple[FileUpload, ArtifactRef]:
    """Store the file of a multipart body; returns what is said about it, too.

    Raises UnusableFile, TooLarge, InvalidFields or MalformedUpload; then nothing is left behind.
    """
    content_type = request.headers.get("content-type", "")
    if not content_type.lower().startswith("multipart/form-data"):
        raise MalformedUpload("send the file as multipart/form-data, in the field `file`")
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > MAX_DOCUMENT_BYTES + _FRAME:
        raise _too_large()
    form = FirstFile(content_type)
    recogniser = Recogniser()
    said: list[tuple[FileUpload, UploadName]] = []

    async def content() -> AsyncIterator[bytes]:
        async for piece in form.content(_pieces(request)):
            recogniser.feed(piece)
            yield piece
        # All is there, and nothing is kept yet.
        upload = parse_upload(FileUpload, dict(form.fields))
        name = form.described.name if form.described else "upload"
        said.append((upload, UploadName.of(name, recogniser.media_type(name), recognised=True)))

    reference = await gateway.artifacts.receive(
        request, content(), lambda: said[0][1], MAX_DOCUMENT_BYTES
    )
    return said[0][0], reference


async def keep_text(store: ArtifactStore, upload: TextUpload, document_id: UUID) -> NewDocument:
    """Store a text as the original of a document."""
    name = UploadName.of(upload.name or f"{upload.source}.txt", "text/plain; charset=utf-8")
    stored = await to_thread.run_sync(store.put, upload.text.encode())
    return NewDocument(
        id=document_id,
        replaces=upload.document_id is not None,
        origin="text",
        source=upload.source,
        name=name.name,
        metadata=upload.metadata,
        original=ArtifactRef(
            id=new_id(),
            sha256=stored.sha256,
            size=stored.size,
            media_type=name.media_type,
            name=name.name,
        ),
    )


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    received = 0
    async for piece in request.stream():
        received += len(piece)
        if received > MAX_DOCUMENT_BYTES + _FRAME:
            raise _too_large()
        if piece:
            yield piece


def _too_large() -> TooLarge:
    return TooLarge.at(
        "file", f"is larger than {MAX_DOCUMENT_BYTES} bytes", limit_bytes=MAX_DOCUMENT_BYTES
    )
