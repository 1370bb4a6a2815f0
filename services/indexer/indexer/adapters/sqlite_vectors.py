"""Vectors beside the embedded index, in one file that all processes share."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from indexer.errors import IndexFailed, IndexUnavailable
from indexer.ports import Vector

#: Variables of one statement.
_AT_ONCE = 500
#: For callers, who learn of no folder of ours.
_WHAT = "the file of vectors beside the embedded search index"
_TABLE = (
    "CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID"
)


class SqliteVectors:
    """Implements `VectorCache`."""

    def __init__(self, file: Path, timeout: float) -> None:
        self._file = file
        self._timeout = timeout

    def get(self, keys: Sequence[str]) -> dict[str, Vector]:
        found: dict[str, Vector] = {}
        with self._connection() as connection:
            for begin in range(0, len(keys), _AT_ONCE):
                some = keys[begin : begin + _AT_ONCE]
                marks = ",".join("?" * len(some))
                query = f"SELECT key, vector FROM vectors WHERE key IN ({marks})"  # noqa: S608
                for key, vector in connection.execute(query, list(some)):
                    found[key] = np.frombuffer(vector, np.float32)
        return found

    def put(self, vectors: Mapping[str, Vector]) -> None:
        rows = [(key, vector.astype(np.float32).tobytes()) for key, vector in vectors.items()]
        with self._connection() as connection:
            connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """One for each call: several processes and threads, and few calls."""
        try:
            if not self._file.exists():
                self._make()
            with (
                closing(sqlite3.connect(self._file, timeout=self._timeout)) as connection,
                connection,
            ):
                yield connection
        except sqlite3.OperationalError as error:
            raise IndexUnavailable(f"{_WHAT}: {error}") from error
        except (sqlite3.Error, OSError) as error:
            raise IndexFailed(f"{_WHAT}: {error}") from error

    def _make(self) -> None:
        """Let the file be there as a whole, by whoever is first.

        SQLite waits for nobody while it changes the journal of a file that others have open.
        """
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".vectors-", dir=self._file.parent) as folder:
            made = Path(folder) / self._file.name
            with closing(sqlite3.connect(made, timeout=self._timeout)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute(_TABLE)
            with suppress(FileExistsError):
                self._file.hardlink_to(made)
