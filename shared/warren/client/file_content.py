"""A file on its way to the gateway: read piece by piece, and once more if it is sent again."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from warren.client.errors import FileNotSendable

_PIECE = 256 * 1024

#: Bytes that have been sent, and all of them.
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class FileContent:
    """`size` bytes of `file` from `start` on; `on_progress` is told of each piece."""

    file: BinaryIO
    start: int
    size: int
    name: str | None = None
    on_progress: OnProgress | None = None

    def begin(self) -> None:
        """Go back to where the content begins."""
        self.file.seek(self.start)

    def next_piece(self, sent: int) -> bytes:
        """What follows after `sent` bytes; empty at the end. Raises FileNotSendable."""
        piece = self.file.read(min(_PIECE, self.size - sent))
        if not piece and sent < self.size:
            raise FileNotSendable(
                f"the file {self.name or ''} became shorter while it was sent: "
                f"{sent} of {self.size} bytes were there"
            )
        if piece and self.on_progress is not None:
            self.on_progress(sent + len(piece), self.size)
        return piece


@contextmanager
def content_of(
    source: Path | str | bytes | BinaryIO, on_progress: OnProgress | None = None
) -> Iterator[FileContent]:
    """A file by its path, bytes, or what is open for reading bytes and can be sought in.

    What was open stays open. Raises FileNotSendable, or OSError for a path.
    """
    if isinstance(source, Path | str):
        path = Path(source)
        with path.open("rb") as file:
            yield _measured(file, path.name, on_progress)
        return
    open_file = io.BytesIO(source) if isinstance(source, bytes) else source
    name = getattr(open_file, "name", None)
    yield _measured(open_file, Path(name).name if isinstance(name, str) else None, on_progress)


def _measured(file: BinaryIO, name: str | None, on_progress: OnProgress | None) -> FileContent:
    if not file.seekable():
        raise FileNotSendable(
            "a stream that cannot be sought in could not be sent again if the connection breaks: "
            "store it in a file first"
        )
    start = file.tell()
    size = file.seek(0, io.SEEK_END) - start
    return FileContent(file, start, size, name, on_progress)
