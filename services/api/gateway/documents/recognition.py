"""What a file is, by its content and its name; looked at while it passes, never held whole."""

import codecs
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from gateway.documents.problems import UnusableFile
from warren.file_signatures import HEAD_BYTES, PDF_HEAD_BYTES, is_archive, is_pdf

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EPUB = "application/epub+zip"
PDF = "application/pdf"
_TEXTS = {
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".csv": "text/csv",
    ".json": "application/json",
}
_BINARIES = {".pdf": PDF, ".docx": DOCX, ".xlsx": XLSX, ".epub": EPUB}
_KNOWN = "txt, md, html, csv, json, pdf, docx, xlsx or epub"
#: Names of members, as a zip's headers have them, which only one of the formats has.
_MEMBERS = {b"word/document.xml": DOCX, b"xl/workbook.xml": XLSX, b"META-INF/container.xml": EPUB}
_LONGEST_MEMBER = max(map(len, _MEMBERS))
_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
#: What no text has, in any encoding that keeps ASCII.
_BINARY = bytes(set(range(32)) - set(b"\t\n\r\f\x1b\x08") | {127})
#: Of the bytes of a text, in old encodings and with garbage in it.
_TOLERATED = 0.001


@dataclass(slots=True)
class Recogniser:
    """Is fed a file piece by piece, and says at its end what it is."""

    _head: bytearray = field(default_factory=bytearray)
    _tail: bytes = b""
    _members: set[str] = field(default_factory=set)
    _size: int = 0
    _binary: int = 0
    _only_spaces: bool = True

    def feed(self, piece: bytes) -> None:
        """The next piece."""
        if len(self._head) < PDF_HEAD_BYTES:
            self._head += piece[: PDF_HEAD_BYTES - len(self._head)]
        self._size += len(piece)
        self._binary += len(piece) - len(piece.translate(None, _BINARY))
        self._only_spaces = self._only_spaces and not piece.strip()
        if is_archive(bytes(self._head[:HEAD_BYTES])):
            seen = self._tail + piece
            self._members |= {kind for name, kind in _MEMBERS.items() if name in seen}
            self._tail = seen[-_LONGEST_MEMBER:]

    def media_type(self, name: str) -> str:
        """What the file `name` is; raises UnusableFile."""
        if self._size == 0:
            raise UnusableFile.at("file", "is empty: it has 0 bytes")
        suffix = PurePosixPath(name).suffix.lower()
        found = self._binary_type(suffix)
        if suffix in _BINARIES and found != _BINARIES[suffix]:
            raise UnusableFile.at("file", f"is called {suffix}, but its content is no {suffix[1:]}")
        if found is not None:
            if suffix in _TEXTS:
                raise UnusableFile.at("file", f"is called {suffix}, but its content is {found}")
            return found
        return self._text_type(suffix)

    def _binary_type(self, suffix: str) -> str | None:
        if is_pdf(bytes(self._head), is_claimed=suffix == ".pdf"):
            return PDF
        return min(self._members, default=None)

    def _text_type(self, suffix: str) -> str:
        if not self._is_text():
            raise UnusableFile.at("file", f"is neither text nor of a known format: send {_KNOWN}")
        if self._only_spaces:
            raise UnusableFile.at("file", "is empty: it holds nothing but spaces")
        if suffix in _TEXTS:
            return _TEXTS[suffix]
        if suffix and suffix[1:].isalnum() and not suffix[1:].isdigit():
            raise UnusableFile.at("file", f"is called {suffix}: send {_KNOWN}")
        start = bytes(self._head).lstrip().lower()
        return "text/html" if start.startswith((b"<!doctype html", b"<html")) else "text/plain"

    def _is_text(self) -> bool:
        if self._head.startswith(_MARKS):
            return True
        return self._binary <= self._size * _TOLERATED and b"\x00" not in self._head
