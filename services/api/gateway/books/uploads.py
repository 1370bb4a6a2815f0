"""A book on its way into the store: looked at as it passes, and refused before it is kept."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import Request

from gateway.artifacts.multipart import FirstFile
from gateway.artifacts.naming import UploadName
from gateway.books.recognition import BookFormat, BookRecogniser
from gateway.books.schemas import BookUpload, parse_fields
from gateway.composition import Gateway
from gateway.problems import MalformedUpload, TooLarge
from warren.contracts.artifact import ArtifactRef
from warren.contracts.books import MAX_BOOK_BYTES

#: The frame of a multipart body, and its fields, are not part of the file.
_FRAME = 128 * 1024


@dataclass(frozen=True, slots=True)
class ReceivedBook:
    """A file that is stored, and nobody's so far; what it is, and what was said about it."""

    file: ArtifactRef
    format: BookFormat
    upload: BookUpload


async def receive_book(request: Request, gateway: Gateway) -> ReceivedBook:
    """Store the file of a multipart body.

    Raises UnusableBook, TooLarge, InvalidFields or MalformedUpload; then nothing is left behind.
    """
    content_type = request.headers.get("content-type", "")
    if not content_type.lower().startswith("multipart/form-data"):
        raise MalformedUpload("send the book as multipart/form-data, in the field `file`")
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > MAX_BOOK_BYTES + _FRAME:
        raise _too_large()
    form = FirstFile(content_type)
    recogniser = BookRecogniser()
    known: list[tuple[BookUpload, BookFormat]] = []

    async def content() -> AsyncIterator[bytes]:
        async for piece in form.content(_pieces(request)):
            recogniser.feed(piece)
            yield piece
        # All is there, and nothing is kept yet.
        upload = parse_fields(BookUpload, dict(form.fields))
        known.append((upload, recogniser.book_format()))

    def described() -> UploadName:
        name = form.described.name if form.described else "book"
        return UploadName.of(name, known[0][1].media_type, recognised=True)

    try:
        file = await gateway.artifacts.receive(request, content(), described, MAX_BOOK_BYTES)
    except TooLarge as error:
        # Whoever stores it does not know what the field is called.
        raise error if error.errors else _too_large() from error
    upload, book_format = known[0]
    return ReceivedBook(file, book_format, upload)


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    received = 0
    async for piece in request.stream():
        received += len(piece)
        if received > MAX_BOOK_BYTES + _FRAME:
            raise _too_large()
        if piece:
            yield piece


def _too_large() -> TooLarge:
    return TooLarge.at("file", f"is larger than {MAX_BOOK_BYTES} bytes", limit_bytes=MAX_BOOK_BYTES)
