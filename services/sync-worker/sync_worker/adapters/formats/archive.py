"""Zip containers (docx, xlsx, epub) that unpack to no more than they may."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sync_worker.errors import BrokenFile, EncryptedFile, TooLarge

MAX_ENTRIES = 10_000
#: Bytes of all that is packed, and of one part of it.
MAX_UNPACKED = 400 << 20
MAX_PART = 200 << 20
#: Real documents pack by 5 to 20; a bomb by 1,000.
MAX_RATIO = 150
#: Below this a ratio says nothing.
_SMALL = 1 << 20
_ENCRYPTED = 0x1
_CHUNK = 1 << 16
#: Office formats and EPUB need none; what defines entities in one is built to explode.
_DOCTYPE = (
    b"<!DOCTYPE",
    b"<!ENTITY",
    "<!ENTITY".encode("utf-16-le"),
    "<!ENTITY".encode("utf-16-be"),
)
_OVERLAP = max(map(len, _DOCTYPE))
_MARKUP = (".xml", ".rels")


@contextmanager
def opened(path: Path, field: str) -> Iterator[zipfile.ZipFile]:
    """The container, after a look at its directory; raises BrokenFile, EncryptedFile, TooLarge."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise BrokenFile(f"the archive cannot be opened: {error}", field=field) from None
    with archive:
        _check(archive.infolist(), field)
        yield archive


def refuse_entities(archive: zipfile.ZipFile, field: str) -> None:
    """Raises BrokenFile if a part of the container has a document type; reads all of them."""
    for entry in archive.infolist():
        if entry.filename.lower().endswith(_MARKUP):
            _look_into(archive, entry, field)


def _look_into(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, field: str) -> None:
    try:
        with archive.open(entry) as part:
            tail = b""
            while chunk := part.read(_CHUNK):
                if any(mark in tail + chunk for mark in _DOCTYPE):
                    raise BrokenFile(
                        f"{entry.filename} defines entities, which no document needs", field=field
                    )
                tail = chunk[-_OVERLAP:]
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise BrokenFile(f"{entry.filename} cannot be unpacked: {error}", field=field) from None


def _check(entries: list[zipfile.ZipInfo], field: str) -> None:
    if len(entries) > MAX_ENTRIES:
        raise TooLarge(f"{len(entries)} parts are packed in it, {MAX_ENTRIES} at most", field=field)
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise EncryptedFile("the archive is protected by a password", field=field)
    # zipfile unpacks no more of a part than its directory says.
    unpacked = sum(entry.file_size for entry in entries)
    largest = max((entry.file_size for entry in entries), default=0)
    if unpacked > MAX_UNPACKED or largest > MAX_PART:
        raise TooLarge(
            f"it unpacks to {unpacked >> 20} MiB, of which one part has {largest >> 20}; "
            f"{MAX_UNPACKED >> 20} and {MAX_PART >> 20} are the most",
            field=field,
        )
    for entry in entries:
        if entry.file_size > _SMALL and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
            raise TooLarge(
                f"{entry.filename[:80]!r} is packed by more than {MAX_RATIO} to 1, as no document "
                "is",
                field=field,
            )
