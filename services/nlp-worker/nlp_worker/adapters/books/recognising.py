"""What a file is, by its content."""

import zipfile
from enum import StrEnum
from pathlib import Path

from nlp_worker.errors import BrokenBook, EmptyBook, UnknownFormat
from warren.file_signatures import foreign_format, is_archive, is_pdf

_HEAD = 4096


class Format(StrEnum):
    """What is read."""

    EPUB = "epub"
    FB2 = "fb2"
    TEXT = "text"


_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_HTML = (b"<!doctype html", b"<html")


def recognise(path: Path, name: str, field: str) -> Format:
    """The format; raises EmptyBook, UnknownFormat, BrokenBook."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.strip():
        raise EmptyBook("the file is empty", field=field)
    foreign = foreign_format(head) or _other_document(head)
    if foreign is not None:
        raise UnknownFormat(
            f"{name[:100]!r} holds {foreign}: books are read from EPUB, FB2 and plain text",
            field=field,
        )
    if is_archive(head):
        return _packed(path, name, field)
    beginning = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<fictionbook" in head.lower():
        return Format.FB2
    if beginning.startswith(_HTML):
        raise UnknownFormat(
            f"{name[:100]!r} holds a web page: books are read from EPUB, FB2 and plain text",
            field=field,
        )
    return Format.TEXT


def _other_document(head: bytes) -> str | None:
    if is_pdf(head, is_claimed=False):
        return "a PDF"
    return "an old Office file" if head.startswith(_OLD_OFFICE) else None


def _packed(path: Path, name: str, field: str) -> Format:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {entry.lower() for entry in archive.namelist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise BrokenBook(f"the archive cannot be opened: {error}", field=field) from None
    if "word/document.xml" in names or "xl/workbook.xml" in names:
        raise UnknownFormat(f"{name[:100]!r} holds an Office document, no book", field=field)
    # A wrong or missing mimetype is common, and harmless where there is a container.
    return Format.EPUB
