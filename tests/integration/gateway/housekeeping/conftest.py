"""A database, a store, and what is to be cleaned up in them, with its age."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from warren.artifacts import ArtifactStore, StoredFile, open_store
from warren.contracts.ids import id_at

_TASK = """
INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane, payload, state,
    max_attempts, result, error, created_at, finished_at, updated_at)
VALUES (%s, %s, 'key:test', %s, 1, 'test.default', 'default', %s, %s, 4, %s, %s, %s, %s, %s)
"""
_HISTORY = """
INSERT INTO task_history (task_id, generation, dispatch, type, attempt, at, data)
VALUES (%s, 1, 1, 'task.failed', 1, %s, '{"error": {"type": "E", "traceback": "deep"}}')
"""
_ARTIFACT = """
INSERT INTO artifacts (id, customer_id, sha256, size, media_type, name, task_id, created_at)
VALUES (%s, %s, %s, %s, %s, 'a file', %s, %s)
"""
CUSTOMER = UUID("0190b0d0-0000-7000-8000-000000000001")


def ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


@dataclass
class House:
    """Puts old things into the database and the store."""

    database: Any
    store: ArtifactStore
    folder: Path
    #: Making many things with a connection each would take minutes.
    connection: psycopg.Connection[Any]
    made: int = 0

    def id(self, days: float) -> UUID:
        self.made += 1
        return id_at(ago(days), f"test {self.made}")

    def task(
        self,
        days: float,
        state: str = "succeeded",
        kind: str = "test.any",
        payload: str = '{"a":1}',
    ) -> UUID:
        """A task that was accepted and, if it has ended, has ended so many days ago."""
        task, moment = self.id(days), ago(days)
        result = '{"made": true}' if state == "succeeded" else None
        error = '{"type": "E", "message": "m", "traceback": "deep"}' if state == "failed" else None
        ended = moment if state in {"succeeded", "failed", "cancelled", "expired"} else None
        values = [task, CUSTOMER, kind, payload, state, result, error, moment, ended, moment]
        self.connection.execute(_TASK, values)
        if state == "failed":
            self.connection.execute(_HISTORY, [task, moment])
        return task

    def file(self, content: bytes, days: float) -> StoredFile:
        """Content of the store that was written so many days ago."""
        stored = self.store.put(content)
        path = self.folder / "sha256" / stored.sha256[:2] / stored.sha256[2:4] / stored.sha256
        then = time.time() - days * 86_400
        os.utime(path, (then, then))
        return stored

    def recorded(self, task: UUID, days: float, step: str = "outcome") -> None:
        """What a run of the task has recorded in the store, so many days ago."""
        self.store.put_manifest(task, step, {"result": {"made": True}})
        then = time.time() - days * 86_400
        for path in (self.folder / "manifests" / str(task)).iterdir():
            os.utime(path, (then, then))

    def artifact(
        self,
        content: bytes,
        days: float,
        task: UUID | None = None,
        media_type: str = "audio/wav",
    ) -> tuple[UUID, str]:
        """A file and its row; returns the row's id and the content's hash."""
        stored, row = self.file(content, days), self.id(days)
        values = [row, CUSTOMER, stored.sha256, stored.size, media_type, task, ago(days)]
        self.connection.execute(_ARTIFACT, values)
        return row, stored.sha256

    def has_row(self, artifact: UUID) -> bool:
        return bool(self.database.ask("SELECT 1 FROM artifacts WHERE id = %s", artifact))

    def is_stored(self, sha256: str) -> bool:
        """Whether the content is in its place, and not in the trash."""
        return (self.folder / "sha256" / sha256[:2] / sha256[2:4] / sha256).exists()


@pytest.fixture
def house(database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Empty; jobs of the housekeeper find it."""
    database.ask("DELETE FROM discarded_contents")
    database.ask("DELETE FROM statistics")
    database.ask("DELETE FROM alerts")
    database.ask("DELETE FROM generated_images")
    database.ask("DELETE FROM image_orders")
    folder = tmp_path / "store"
    monkeypatch.setenv("WARREN_DATABASE_URL", database.url)
    monkeypatch.setenv("WARREN_ARTIFACTS_URL", str(folder))
    with psycopg.connect(database.url, autocommit=True) as connection:
        yield House(database, open_store(str(folder)), folder, connection)
