"""A multipart/form-data body as it comes: its files piece by piece, and the texts beside them."""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import Message
from typing import TYPE_CHECKING

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

from gateway.artifacts.naming import UploadName, disposition_filename, field_name
from gateway.problems import BodyNotUtf8, MalformedUpload, TooLarge

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

#: Bytes of all texts beside files.
_MOST_TEXT = 64 * 1024
#: Files and texts; each costs more than its bytes.
_MOST_PARTS = 100


@dataclass(frozen=True, slots=True)
class FileBegins:
    """A file in the field of this name follows; forms send an empty filename for no file."""

    field: str | None
    filename: str
    described: UploadName


class FormParser:
    """Is fed a body piece by piece; files are told by FileBegins, their bytes, and None at the end.

    `fields` are the texts of the form, by name, once all is read. Raises MalformedUpload, TooLarge
    or BodyNotUtf8.
    """

    def __init__(self, content_type: str) -> None:
        header = Message()
        header["content-type"] = content_type
        boundary = header.get_param("boundary")
        if not isinstance(boundary, str) or not 1 <= len(boundary) <= 70:
            raise MalformedUpload("a multipart body needs a boundary of 1 to 70 characters")
        self.fields: dict[str, str] = {}
        self._told: list[FileBegins | bytes | None] = []
        self._field: str | None = None
        self._text = bytearray()
        self._texts = 0
        self._parts = 0
        self._headers: dict[str, str] = {}
        self._name = bytearray()
        self._value = bytearray()
        self._in_file = False
        self._complete = False
        self._parser = MultipartParser(boundary.encode("latin-1"), self._callbacks())

    def feed(self, piece: bytes) -> list[FileBegins | bytes | None]:
        """What the next piece of the body holds of files."""
        try:
            self._parser.write(piece)
        except MultipartParseError as error:
            raise MalformedUpload(f"the multipart body is malformed: {error}") from error
        told, self._told = self._told, []
        return told

    def finish(self) -> None:
        """The body has ended."""
        if not self._complete:
            raise MalformedUpload("the multipart body is cut off before its last boundary")

    def _callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._part_began,
            "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header_ended,
            "on_headers_finished": self._headers_ended,
            "on_part_data": self._part_data,
            "on_part_end": self._part_ended,
            "on_end": self._ended,
        }

    def _part_began(self) -> None:
        self._headers.clear()
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise MalformedUpload(f"the multipart body has more than {_MOST_PARTS} parts")

    def _header_ended(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value.decode("utf-8", "replace")
        self._name.clear()
        self._value.clear()

    def _headers_ended(self) -> None:
        filename = disposition_filename(self._headers)
        name = field_name(self._headers)
        if filename is None:
            self._field = name
            return
        self._in_file = True
        described = UploadName.of(filename, self._headers.get("content-type"))
        self._told.append(FileBegins(name, filename, described))

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._told.append(data[start:end])
        elif self._field is not None:
            self._texts += end - start
            if self._texts > _MOST_TEXT:
                raise TooLarge.at(self._field, "is too long for a field beside a file")
            self._text += data[start:end]

    def _part_ended(self) -> None:
        if self._in_file:
            self._told.append(None)
        self._in_file = False
        if self._field is not None:
            try:
                self.fields[self._field] = self._text.decode()
            except UnicodeDecodeError as error:
                raise BodyNotUtf8.at(self._field, "is not valid UTF-8") from error
        self._field = None
        self._text.clear()

    def _ended(self) -> None:
        self._complete = True


class FormFiles:
    """The files of a body, one after the other; what is not read of one is read over."""

    def __init__(self, content_type: str, body: AsyncIterator[bytes]) -> None:
        self._form = FormParser(content_type)
        self._body = body
        self._told: deque[FileBegins | bytes | None] = deque()
        self._has_ended = False

    @property
    def fields(self) -> dict[str, str]:
        """The texts of the form, by name, once all files are read."""
        return self._form.fields

    async def next(self) -> FileBegins | None:
        """The next file; None at the end of the body."""
        while not self._has_ended:
            told = await self._next()
            if isinstance(told, FileBegins):
                return told
        return None

    async def content(self) -> AsyncIterator[bytes]:
        """The bytes of the file that `next` has told."""
        while isinstance(told := await self._next(), bytes):
            yield told

    async def _next(self) -> FileBegins | bytes | None:
        while not self._told:
            piece = await anext(self._body, None)
            if piece is None:
                self._form.finish()
                self._has_ended = True
                return None
            self._told.extend(self._form.feed(piece))
        return self._told.popleft()
