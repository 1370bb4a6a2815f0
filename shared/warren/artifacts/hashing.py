"""Streams that hash while they pass."""

import hashlib
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

from warren.artifacts.errors import ArtifactTooLarge, CorruptArtifact

#: What can be stored: bytes at hand, bytes that arrive in pieces, or a file.
Content = bytes | bytearray | memoryview | Iterable[bytes] | Path

CHUNK_SIZE = 256 * 1024


class HashedChunks:
    """Iterates over content in chunks; knows `sha256` and `size` of what has passed so far.

    Raises ArtifactTooLarge as soon as more than `max_size` bytes came by.
    """

    def __init__(self, content: Content, max_size: int | None = None) -> None:
        self.size = 0
        self._chunks = _chunks(content)
        self._hash = hashlib.sha256()
        self._max_size = max_size

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.size += len(chunk)
            if self._max_size is not None and self.size > self._max_size:
                raise ArtifactTooLarge(f"the content is larger than {self._max_size:,} bytes")
            self._hash.update(chunk)
            yield chunk


def file_chunks(path: Path) -> Generator[bytes]:
    """The file's bytes in chunks of `CHUNK_SIZE`."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_SIZE):
            yield chunk


def verified(chunks: Iterable[bytes], sha256: str) -> Generator[bytes]:
    """The same chunks; raises CorruptArtifact in place of the last one if the hash is not theirs.

    The last chunk is held back until everything has been hashed, so no reader ever gets the whole
    of a corrupt file.
    """
    digest = hashlib.sha256()
    held = b""
    for chunk in filter(None, chunks):
        if held:
            yield held
        digest.update(chunk)
        held = chunk
    if digest.hexdigest() != sha256:
        raise CorruptArtifact(
            f"artifact {sha256} is corrupt: its bytes hash to {digest.hexdigest()}; "
            "restore it from a backup, or run the task that made it again"
        )
    if held:
        yield held


def _chunks(content: Content) -> Iterable[bytes]:
    if isinstance(content, Path):
        return file_chunks(content)
    if isinstance(content, bytes | bytearray | memoryview):
        return (bytes(content),)
    return content
