"""One SQLite file, one connection, one writer at a time."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chatbot.errors import Refusal

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    customer TEXT, collection TEXT, id TEXT, version INTEGER NOT NULL, deleted INTEGER NOT NULL,
    hash TEXT NOT NULL, source TEXT, content TEXT, PRIMARY KEY (customer, collection, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entries_by_source ON entries (customer, collection, source);
CREATE TABLE IF NOT EXISTS floors (
    customer TEXT, collection TEXT, source TEXT, version INTEGER NOT NULL,
    PRIMARY KEY (customer, collection, source)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS changes (
    number INTEGER PRIMARY KEY, customer TEXT, collection TEXT, id TEXT, version INTEGER,
    operation TEXT
);
CREATE TABLE IF NOT EXISTS answers (
    customer TEXT, key TEXT, request TEXT NOT NULL, answer TEXT NOT NULL,
    at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (customer, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers_by_age ON answers (at);
CREATE TABLE IF NOT EXISTS reindexes (customer TEXT PRIMARY KEY, times INTEGER NOT NULL);
CREATE VIRTUAL TABLE IF NOT EXISTS passages USING fts5 (
    passage, customer UNINDEXED, collection UNINDEXED, id UNINDEXED, tokenize = 'unicode61'
);
"""


class Database:
    """Any thread may use it; `close` when done."""

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
        self._connection.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything within the block is kept, or nothing of it; also if it ends in a Refusal."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except Refusal:
                self._connection.execute("COMMIT")
                raise
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """No call may follow."""
        with self._lock:
            self._connection.close()
