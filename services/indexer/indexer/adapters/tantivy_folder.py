"""One embedded index on disk, which any number of processes may read and one at a time writes."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import tantivy

from indexer.adapters.file_lock import locked
from indexer.adapters.tantivy_documents import make_schema, register_tokenizer
from indexer.errors import IndexFailed, IndexUnavailable

#: Bytes that a writer may hold in memory.
_HEAP = 64 << 20
_NOT_NOW = ("No space left", "Read-only file system", "Disk quota", "Permission denied")
T = TypeVar("T")


class TantivyFolder:
    """Made when it is first used. A writer that dies leaves what was committed before."""

    def __init__(self, path: Path, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        self._opening = threading.Lock()
        self._index: tantivy.Index | None = None
        self._seen: tuple[int, int, int] | None = None

    @property
    def name(self) -> str:
        """Of the folder."""
        return self._path.name

    @property
    def schema(self) -> tantivy.Schema:
        """Of its documents."""
        return self._opened().schema

    def searcher(self) -> tuple[tantivy.Searcher, object]:
        """Sees all that was committed, by whatever process; the second changes with every commit.

        Raises IndexUnavailable or IndexFailed.
        """
        with _translated():
            index = self._opened()
            state = (self._path / "meta.json").stat()
            version = (state.st_ino, state.st_mtime_ns, state.st_size)
            with self._opening:
                if version != self._seen:
                    index.reload()
                    self._seen = version
            return index.searcher(), version

    def write(self, change: Callable[[tantivy.IndexWriter, tantivy.Searcher], T]) -> T:
        """Commit what `change` does, unless it raises; nobody else writes meanwhile.

        Raises IndexUnavailable or IndexFailed; nothing is written then.
        """
        with _translated(), locked(self._lock_file(), self._timeout):
            index = self._opened()
            index.reload()
            writer = index.writer(_HEAP, 1)
            try:
                result = change(writer, index.searcher())
                writer.commit()
            finally:
                # Also lets go of the engine's own lock; small segments become large ones.
                writer.wait_merging_threads()
            return result

    def check(self) -> None:
        """Return if the folder can be read and could be written to; waits for no writer."""
        self.searcher()
        if not os.access(self._path, os.W_OK):
            raise IndexUnavailable("the folder of the embedded search index cannot be written to")

    def _lock_file(self) -> Path:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return self._path.with_suffix(".lock")

    def _opened(self) -> tantivy.Index:
        with self._opening:
            if self._index is None:
                if not self._path.exists():
                    self._make()
                self._index = tantivy.Index.open(str(self._path))
                register_tokenizer(self._index)
            return self._index

    def _make(self) -> None:
        """Beside its place, and renamed when it is whole; another process may be quicker."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with locked(self._path.with_suffix(".making"), self._timeout):
            if self._path.exists():
                return
            fresh = self._path.with_suffix(".new")
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir()
            tantivy.Index(make_schema(), path=str(fresh))
            fresh.rename(self._path)


@contextmanager
def _translated() -> Iterator[None]:
    """The engine says everything that goes wrong by a ValueError."""
    try:
        yield
    except (ValueError, OSError) as error:
        words = f"the embedded search index failed: {error}"
        if any(reason in str(error) for reason in _NOT_NOW):
            raise IndexUnavailable(words) from error
        raise IndexFailed(words) from error
