"""A file of FAQs on its way to whoever reads it: kept for the moment only."""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
from fastapi import Request

from gateway.artifacts.multipart import FirstFile
from gateway.artifacts.naming import UploadName, disposition_filename
from gateway.artifacts.pace import paced_body
from gateway.composition import Gateway
from gateway.faqs.exporting import TableFormat
from gateway.faqs.problems import UnusableImport
from gateway.problems import TooLarge
from warren.file_signatures import is_archive

MAX_IMPORT_BYTES = 10 * 1024 * 1024
#: The frame of a multipart body, and its other parts, are not part of the file.
_FRAME = 128 * 1024


@dataclass(frozen=True, slots=True)
class ReceivedTable:
    """A file that lies at `path` as long as the block lasts."""

    path: Path
    sha256: str
    table_format: TableFormat


@asynccontextmanager
async def received_table(request: Request, gateway: Gateway) -> AsyncIterator[ReceivedTable]:
    """The file of a multipart form, or the raw body; raises TooLarge, UnusableImport or others."""
    with TemporaryDirectory(prefix="warren-import-") as folder:
        path = Path(folder) / "file"
        content, name = _content(request, gateway)
        digest, size, head = hashlib.sha256(), 0, b""
        async with (
            gateway.artifacts.places.taken(request),
            await anyio.open_file(path, "wb") as file,
        ):
            async for piece in content:
                size += len(piece)
                if size > MAX_IMPORT_BYTES:
                    raise _too_large()
                digest.update(piece)
                head = head or piece[:1024]
                await file.write(piece)
        if not size:
            raise UnusableImport.at("file", "is empty: it has 0 bytes")
        given = name() or ""
        yield ReceivedTable(path, digest.hexdigest(), table_format_of(given, head))


def table_format_of(name: str, head: bytes) -> TableFormat:
    """What the file is, by its first bytes; raises UnusableImport if its name says otherwise."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if is_archive(head):
        found = TableFormat.XLSX
    elif start[:1] in (b"[", b"{"):
        found = TableFormat.JSON
    else:
        found = TableFormat.CSV
    suffix = Path(name).suffix.lower().removeprefix(".")
    if suffix in set(TableFormat) and suffix != found:
        raise UnusableImport.at("file", f"is called .{suffix}, but its content is no {suffix}")
    if suffix not in {*TableFormat, "", "txt"}:
        raise UnusableImport.at("file", f"is called .{suffix[:20]}: send csv, xlsx or json")
    return found


def _content(
    request: Request, gateway: Gateway
) -> tuple[AsyncIterator[bytes], Callable[[], str | None]]:
    content_type = request.headers.get("content-type", "")
    body = _pieces(request, gateway)
    if content_type.lower().startswith("multipart/form-data"):
        form = FirstFile(content_type)
        return form.content(body), lambda: form.described.name if form.described else None
    name = disposition_filename(request.headers)
    return body, lambda: UploadName.of(name, None).name if name else None


async def _pieces(request: Request, gateway: Gateway) -> AsyncIterator[bytes]:
    received = 0
    async for piece in paced_body(request, gateway.settings):
        received += len(piece)
        if received > MAX_IMPORT_BYTES + _FRAME:
            raise _too_large()
        yield piece


def _too_large() -> TooLarge:
    return TooLarge.at(
        "file", f"is larger than {MAX_IMPORT_BYTES} bytes", limit_bytes=MAX_IMPORT_BYTES
    )
