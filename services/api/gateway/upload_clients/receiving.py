"""A form on its way in: its pictures stream to the store, and are looked at as they pass."""

import hashlib
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import orjson
from fastapi import Request

from gateway.artifacts.form import FileBegins, FormFiles
from gateway.artifacts.naming import UploadName
from gateway.artifacts.pace import paced_body
from gateway.composition import Gateway
from gateway.json_body import read_body
from gateway.problems import TooLarge
from gateway.upload_clients.problems import BadForm
from warren.contracts.artifact import ArtifactRef
from warren.contracts.images import PictureFormat
from warren.file_signatures import media_type_of

#: The frame of a multipart body, and its texts, are not part of the files.
_FRAME = 128 * 1024
_MOST_TEXT = 64 * 1024
_PICTURES = ("image", "target_image")
_MOST_PICTURES = 2
#: So much tells what kind of a picture it is.
_HEAD = 12
_PICTURE_TYPES = {kind.media_type for kind in PictureFormat}
#: Under which name a file is kept, by its field and the names that are taken; raises BadForm.
Naming = Callable[[str | None, Collection[str]], str]


@dataclass(frozen=True, slots=True)
class Form:
    """The texts of a form, and its pictures, which are stored and nobody's so far."""

    texts: dict[str, str]
    pictures: dict[str, ArtifactRef] = field(default_factory=dict)

    @property
    def digest(self) -> bytes:
        """What tells it from other forms."""
        pictures = {name: reference.sha256 for name, reference in self.pictures.items()}
        said = orjson.dumps([self.texts, pictures], option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(said).digest()


def by_field(name: str | None, taken: Collection[str]) -> str:
    """Upload clients' files are called as their fields are."""
    if name not in _PICTURES or name in taken:
        raise BadForm.at(name or "form", "is no file that is known, or comes twice")
    return name


async def receive_form(request: Request, gateway: Gateway, naming: Naming = by_field) -> Form:
    """Read the form; raises BadForm, or another Problem for what is no form at all."""
    content_type = request.headers.get("content-type", "").lower()
    if content_type.startswith("multipart/form-data"):
        return await _receive_files(request, gateway, naming)
    if content_type.startswith("application/x-www-form-urlencoded"):
        body = await read_body(request, _MOST_TEXT)
        return Form(_without_empty_choices(dict(parse_qsl(body.decode("utf-8", "replace")))))
    raise BadForm.at("form", "must be sent as multipart/form-data")


async def _receive_files(request: Request, gateway: Gateway, naming: Naming) -> Form:
    files = FormFiles(request.headers["content-type"], _pieces(request, gateway))
    pictures: dict[str, ArtifactRef] = {}
    while (begun := await files.next()) is not None:
        name = naming(begun.field, pictures)
        # A browser's empty choice of a file.
        if begun.filename:
            pictures[name] = await _receive_picture(request, gateway, begun, name, files)
    return Form(_without_empty_choices(files.fields), pictures)


def _without_empty_choices(texts: dict[str, str]) -> dict[str, str]:
    """Some clients send an empty text where no file was chosen."""
    return {name: text for name, text in texts.items() if text or name not in _PICTURES}


async def _receive_picture(
    request: Request, gateway: Gateway, begun: FileBegins, name: str, files: FormFiles
) -> ArtifactRef:
    limit = gateway.settings.max_picture_bytes
    media_types: list[str] = []

    async def content() -> AsyncIterator[bytes]:
        head = b""
        async for piece in files.content():
            if len(head) < _HEAD:
                head += piece[: _HEAD - len(head)]
                if len(head) == _HEAD:
                    media_types.append(_media_type(name, head))
            yield piece
        if not media_types:
            raise BadForm.at(name, "is neither PNG, JPEG nor WebP" if head else "is empty")

    try:
        return await gateway.artifacts.receive(
            request,
            content(),
            lambda: UploadName.of(begun.described.name, media_types[0], recognised=True),
            limit,
        )
    except TooLarge as error:
        raise BadForm.at(name, f"is larger than {limit} bytes") from error


def _media_type(name: str, head: bytes) -> str:
    found = media_type_of(head)
    if found not in _PICTURE_TYPES:
        raise BadForm.at(name, "is neither PNG, JPEG nor WebP")
    return found


async def _pieces(request: Request, gateway: Gateway) -> AsyncIterator[bytes]:
    most = _MOST_PICTURES * gateway.settings.max_picture_bytes + _FRAME
    received = 0
    async for piece in paced_body(request, gateway.settings):
        received += len(piece)
        if received > most:
            raise BadForm.at("form", f"is larger than {most} bytes")
        yield piece
