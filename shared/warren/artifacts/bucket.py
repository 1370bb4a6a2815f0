"""Files in a bucket of an S3-compatible server.

Interrupted multipart uploads are the server's to clean up: give the bucket a lifecycle rule that
aborts incomplete ones.
"""

import contextlib
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from datetime import UTC, datetime
from typing import IO

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from warren.artifacts.backend import Entry
from warren.artifacts.errors import StoreUnavailable

#: One request carries this much; requests have a time-out, whole files have none.
PART_SIZE = 8 * 1024 * 1024
_PARALLEL_PARTS = 2


class BucketBackend:
    """Implements `Backend`."""

    def __init__(self, store: S3Store, address: str) -> None:
        self._store = store
        self._address = address

    def write(self, chunks: Iterable[bytes], name: Callable[[], str]) -> None:
        # The name is the hash of what is still to come, so the content waits here first; in
        # memory while it is small, then in a file without a name, which dies with its process.
        with tempfile.SpooledTemporaryFile(max_size=PART_SIZE) as spool:
            for chunk in chunks:
                with self._unavailable("spool to the temporary folder for"):
                    spool.write(chunk)
            spool.seek(0)
            with self._unavailable("write to"):
                obstore.put(
                    self._store,
                    name(),
                    _parts(spool),
                    chunk_size=PART_SIZE,
                    max_concurrency=_PARALLEL_PARTS,
                    use_multipart=_length(spool) > PART_SIZE,
                )

    def create(self, name: str, data: bytes) -> bool:
        with self._unavailable("write to"):
            try:
                obstore.put(self._store, name, data, mode="create")
            except AlreadyExistsError:
                return False
        return True

    def read(self, name: str) -> Generator[bytes]:
        return self._ranges(name, self.size(name))

    def size(self, name: str) -> int:
        with self._unavailable("read from", except_when_missing=True):
            return obstore.head(self._store, name)["size"]

    def delete(self, name: str) -> None:
        with self._unavailable("delete from"), contextlib.suppress(FileNotFoundError):
            obstore.delete(self._store, name)

    def delete_folder(self, prefix: str) -> None:
        for entry in self.entries(prefix):
            self.delete(entry.name)

    def move(self, name: str, target: str) -> bool:
        """A copy, then a deletion: readers find it under one of the names at any time."""
        if not self.copy(name, target):
            return False
        self.delete(name)
        return True

    def copy(self, name: str, target: str) -> bool:
        with self._unavailable("copy within"):
            try:
                obstore.copy(self._store, name, target)
            except FileNotFoundError:
                return False
        return True

    def entries(self, prefix: str) -> Iterator[Entry]:
        now = datetime.now(UTC)
        with self._unavailable("list"):
            for batch in obstore.list(self._store, prefix):
                for item in batch:
                    age = (now - item["last_modified"]).total_seconds()
                    yield Entry(item["path"], item["size"], age)

    def sweep(self, older_than: float) -> int:
        """Nothing to do: files that are still being written have no name here."""
        return 0

    def _ranges(self, name: str, size: int) -> Generator[bytes]:
        for start in range(0, size, PART_SIZE):
            with self._unavailable("read from", except_when_missing=True):
                part = obstore.get_range(
                    self._store, name, start=start, end=min(start + PART_SIZE, size)
                )
            yield part.to_bytes()

    @contextlib.contextmanager
    def _unavailable(self, doing: str, *, except_when_missing: bool = False) -> Iterator[None]:
        """Says what could not be done to which bucket, and why."""
        try:
            yield
        except (BaseError, OSError) as error:
            if except_when_missing and isinstance(error, FileNotFoundError):
                raise
            reason = str(error).partition("\n\nDebug source")[0]
            raise StoreUnavailable(
                f"cannot {doing} the artifact store {self._address}: {reason}. "
                "See that the server is reachable, the bucket exists and the credentials "
                "(WARREN_S3_… or AWS_…) are right",
                retry_after=5.0,
            ) from error


def _length(spool: IO[bytes]) -> int:
    length = spool.seek(0, 2)
    spool.seek(0)
    return length


def _parts(spool: IO[bytes]) -> Iterator[bytes]:
    while part := spool.read(PART_SIZE):
        yield part
