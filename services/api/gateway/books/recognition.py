"""What a book's file is, by its content; looked at while it passes, never held whole."""

from dataclasses import dataclass, field
from enum import StrEnum

from gateway.books.problems import UnusableBook
from gateway.documents.problems import UnusableFile
from gateway.documents.recognition import EPUB, Recogniser
from warren.file_signatures import is_archive

FB2 = "application/x-fictionbook+xml"
TEXT = "text/plain; charset=utf-8"
_SEND = "send an EPUB, an FB2 or a plain text"
_HEAD, _TAIL = 4096, 66_000
_END_OF_ZIP = b"PK\x05\x06"
_UTF16 = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


class BookFormat(StrEnum):
    """What the nlp-worker reads."""

    EPUB = "epub"
    FB2 = "fb2"
    TEXT = "text"

    @property
    def media_type(self) -> str:
        """As it is served."""
        return {BookFormat.EPUB: EPUB, BookFormat.FB2: FB2}.get(self, "text/plain")


@dataclass(slots=True)
class BookRecogniser:
    """Is fed a file piece by piece, and says at its end what it is."""

    _content: Recogniser = field(default_factory=Recogniser)
    _head: bytes = b""
    _tail: bytes = b""

    def feed(self, piece: bytes) -> None:
        """The next piece."""
        self._content.feed(piece)
        self._head += piece[: max(0, _HEAD - len(self._head))]
        self._tail = (self._tail + piece)[-_TAIL:]

    def book_format(self) -> BookFormat:
        """What the file is; raises UnusableBook."""
        if is_archive(self._head) and _END_OF_ZIP not in self._tail:
            raise UnusableBook.at("file", "is cut off: it is an archive without its end")
        try:
            # Without its name, which says nothing of what is in it.
            found = self._content.media_type("")
        except UnusableFile as error:
            raise UnusableBook.at("file", self._reason(error)) from error
        if found == EPUB:
            return BookFormat.EPUB
        if "<FictionBook" in _text(self._head):
            return BookFormat.FB2
        if found == "text/plain":
            return BookFormat.TEXT
        raise UnusableBook.at("file", f"is {found}: {_SEND}")

    def _reason(self, error: UnusableFile) -> str:
        said = error.errors[0].message
        if is_archive(self._head):
            return f"is an archive without META-INF/container.xml, and so no EPUB: {_SEND}"
        return said if "empty" in said else f"is neither text nor an EPUB: {_SEND}"


def _text(head: bytes) -> str:
    for mark, encoding in _UTF16:
        if head.startswith(mark):
            return head.decode(encoding, "ignore")
    return head.decode("latin-1")
