"""The zip container of an EPUB: looked over before anything is unpacked, and read within bounds."""

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nlp_worker.errors import BookTooLarge, BrokenBook, EncryptedBook, UnsafeBook

MAX_ENTRIES = 10_000
#: Bytes of all that is packed: pictures and fonts count, though they are not read.
MAX_UNPACKED = 2 << 30
#: Bytes of one part that is read. The longest novels have 8 MB in all.
MAX_PART = 16 << 20
#: Text packs by 3 to 10; a bomb by 1,000.
MAX_RATIO = 150
#: Below this a ratio says nothing.
_SMALL = 1 << 20
_ENCRYPTED = 0x1


class Archive:
    """Parts by their path; `field` names the book in errors."""

    def __init__(self, file: zipfile.ZipFile, field: str) -> None:
        self._file = file
        self._field = field
        self._names = {entry.filename: entry for entry in file.infolist()}
        self._in_any_case = {name.lower(): name for name in self._names}

    def find(self, name: str) -> str | None:
        """The part's name as it stands in the archive, which may differ in case."""
        return name if name in self._names else self._in_any_case.get(name.lower())

    def read(self, name: str) -> bytes:
        """A part that `find` has found; raises BrokenBook, BookTooLarge."""
        entry = self._names[name]
        if entry.file_size > MAX_PART:
            raise BookTooLarge(
                f"{name[:100]!r} has {entry.file_size >> 20} MiB, {MAX_PART >> 20} at most",
                field=self._field,
            )
        if entry.file_size > _SMALL and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
            raise BookTooLarge(
                f"{name[:100]!r} is packed by more than {MAX_RATIO} to 1, as no text is",
                field=self._field,
            )
        try:
            with self._file.open(entry) as part:
                # zipfile gives no more than the directory says.
                return part.read()
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
            raise BrokenBook(
                f"{name[:100]!r} cannot be unpacked: {error}", field=self._field
            ) from None

    def join(self, folder: str, href: str) -> str:
        """The path that `href` means in `folder`; raises UnsafeBook if it leads out of the book."""
        path = posixpath.normpath(posixpath.join(folder, href))
        if _leads_out(path):
            raise UnsafeBook(f"{href[:100]!r} leads out of the book", field=self._field)
        return path


@contextmanager
def opened(path: Path, field: str) -> Iterator[Archive]:
    """The container; raises BrokenBook, BookTooLarge, EncryptedBook, UnsafeBook."""
    try:
        file = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise BrokenBook(f"the archive cannot be opened: {error}", field=field) from None
    with file:
        _check(file.infolist(), field)
        yield Archive(file, field)


def _check(entries: list[zipfile.ZipInfo], field: str) -> None:
    if len(entries) > MAX_ENTRIES:
        raise BookTooLarge(
            f"{len(entries):,} files are packed in it, {MAX_ENTRIES:,} at most", field=field
        )
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise EncryptedBook("the archive is protected by a password", field=field)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED:
        raise BookTooLarge(
            f"it unpacks to {unpacked >> 20:,} MiB, {MAX_UNPACKED >> 20:,} at most", field=field
        )
    for entry in entries:
        if _leads_out(posixpath.normpath(entry.filename)) or "\\" in entry.filename:
            raise UnsafeBook(f"{entry.filename[:100]!r} leads out of the book", field=field)
    if len({entry.filename for entry in entries}) < len(entries):
        raise UnsafeBook("two files in it have the same name", field=field)


def _leads_out(path: str) -> bool:
    return path.startswith(("/", "../")) or path == ".."
