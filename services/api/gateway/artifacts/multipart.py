"""The first file of a multipart/form-data body, as a stream, and the texts beside it."""

from collections.abc import AsyncIterator

from gateway.artifacts.form import FileBegins, FormParser
from gateway.artifacts.naming import UploadName
from gateway.problems import MalformedUpload


class FirstFile:
    """Parses a multipart body piece by piece; other files are read over."""

    def __init__(self, content_type: str) -> None:
        self._form = FormParser(content_type)
        self.described: UploadName | None = None

    @property
    def fields(self) -> dict[str, str]:
        """The texts of the form, by name, once all is read."""
        return self._form.fields

    async def content(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The file's bytes; `described` is set before the first. Raises MalformedUpload."""
        is_first = False
        async for piece in body:
            for told in self._form.feed(piece):
                if isinstance(told, FileBegins):
                    is_first = self.described is None
                    self.described = self.described or told.described
                elif told is not None and is_first:
                    yield told
        self._form.finish()
        if self.described is None:
            raise MalformedUpload("the multipart body holds no file: send one with a filename")
