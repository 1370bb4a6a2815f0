"""What a file is, by its content: names and declared types only tell plain texts apart."""

import zipfile
from enum import Enum
from pathlib import Path

from sync_worker.adapters.formats.archive import opened
from sync_worker.errors import EncryptedFile, NoText, UnknownFormat
from warren.file_signatures import foreign_format, is_archive, is_pdf

_HEAD = 4096


class Format(Enum):
    """What is read, with the media type under which it is known."""

    PDF = "application/pdf"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    EPUB = "application/epub+zip"
    HTML = "text/html"
    JSON = "application/json"
    CSV = "text/csv"
    MARKDOWN = "text/markdown"
    TEXT = "text/plain"


#: Of what somebody serves without saying what it is.
_UNKNOWN = "application/octet-stream"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PACKED = {"word/document.xml": Format.DOCX, "xl/workbook.xml": Format.XLSX}
_EPUB_MARK = b"application/epub+zip"
_HTML_MARKS = (b"<!doctype html", b"<html", b"<head", b"<body")


def recognise(path: Path, name: str, media_type: str, field: str) -> Format:
    """The format of a file; raises NoText, UnknownFormat, EncryptedFile, BrokenFile, TooLarge."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.strip():
        raise NoText("the file is empty", field=field)
    if (foreign := foreign_format(head)) is not None:
        raise UnknownFormat(f"{name!r} holds {foreign}, which is not read", field=field)
    if head.startswith(_OLD_OFFICE):
        raise EncryptedFile(
            f"{name!r} is protected by a password, or an Office file of before 2007: save it as "
            "docx or xlsx without a password",
            field=field,
        )
    if is_pdf(head, is_claimed=_may_be_pdf(name, media_type)):
        return Format.PDF
    if is_archive(head):
        return _packed(path, name, field)
    return _text(head, name, media_type)


def _may_be_pdf(name: str, media_type: str) -> bool:
    said = media_type.partition(";")[0].strip().lower()
    return Path(name).suffix.lower() == ".pdf" or said in {Format.PDF.value, _UNKNOWN}


def _packed(path: Path, name: str, field: str) -> Format:
    with opened(path, field) as archive:
        names = set(archive.namelist())
        for entry, found in _PACKED.items():
            if entry in names:
                return found
        if "mimetype" in names and _is_epub(archive):
            return Format.EPUB
    raise UnknownFormat(f"{name!r} is an archive, and no docx, xlsx or epub", field=field)


def _is_epub(archive: zipfile.ZipFile) -> bool:
    with archive.open("mimetype") as entry:
        return entry.read(64).strip() == _EPUB_MARK


def _text(head: bytes, name: str, media_type: str) -> Format:
    beginning = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if any(mark in beginning[:1024].lower() for mark in _HTML_MARKS):
        return Format.HTML
    said = media_type.partition(";")[0].strip().lower()
    ending = Path(name).suffix.lower()
    if beginning[:1] in {b"{", b"["} and (said.endswith("json") or ending == ".json"):
        return Format.JSON
    if said == Format.HTML.value or ending in {".html", ".htm", ".xhtml"}:
        return Format.HTML
    if said == Format.CSV.value or ending in {".csv", ".tsv"}:
        return Format.CSV
    if said == Format.MARKDOWN.value or ending in {".md", ".markdown"}:
        return Format.MARKDOWN
    return Format.TEXT
