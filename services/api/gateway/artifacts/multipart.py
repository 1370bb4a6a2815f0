"""The first file of a multipart/form-data body, as a stream, and the texts beside it."""

from collections.abc import AsyncIterator
from email.message import Message
from typing import TYPE_CHECKING

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

from gateway.artifacts.naming import UploadName, disposition_filename, field_name
from gateway.problems import BodyNotUtf8, MalformedUpload, TooLarge

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks


#: Bytes of all texts beside the file.
_MOST_TEXT = 64 * 1024
#: Files and texts; each costs more than its bytes.
_MOST_PARTS = 100


class FirstFile:
    """Parses a multipart body piece by piece; other files are read over.

    `fields` are the texts of the form, by name, once all is read.
    """

    def __init__(self, content_type: str) -> None:
        header = Message()
        header["content-type"] = content_type
        boundary = header.get_param("boundary")
        if not isinstance(boundary, str) or not 1 <= len(boundary) <= 70:
            raise MalformedUpload("a multipart body needs a boundary of 1 to 70 characters")
        self.described: UploadName | None = None
        self.fields: dict[str, str] = {}
        self._field: str | None = None
        self._text = bytearray()
        self._texts = 0
        self._parts = 0
        self._headers: dict[str, str] = {}
        self._name = bytearray()
        self._value = bytearray()
        self._in_file = False
        self._complete = False
        self._data: list[bytes] = []
        self._parser = MultipartParser(boundary.encode("latin-1"), self._callbacks())

    async def content(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The file's bytes; `described` is set before the first. Raises MalformedUpload."""
        async for piece in body:
            self._feed(piece)
            data, self._data = self._data, []
            for part in data:
                yield part
        self._finish()

    def _feed(self, piece: bytes) -> None:
        try:
            self._parser.write(piece)
        except MultipartParseError as error:
            raise MalformedUpload(f"the multipart body is malformed: {error}") from error

    def _finish(self) -> None:
        if not self._complete:
            raise MalformedUpload("the multipart body is cut off before its last boundary")
        if self.described is None:
            raise MalformedUpload("the multipart body holds no file: send one with a filename")

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
        if filename is not None and self.described is None:
            self._in_file = True
            self.described = UploadName.of(filename, self._headers.get("content-type"))
        elif filename is None:
            self._field = field_name(self._headers)

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._data.append(data[start:end])
        elif self._field is not None:
            self._texts += end - start
            if self._texts > _MOST_TEXT:
                raise TooLarge.at(self._field, "is too long for a field beside a file")
            self._text += data[start:end]

    def _part_ended(self) -> None:
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
