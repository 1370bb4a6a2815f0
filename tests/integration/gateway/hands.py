"""A test in the place of relay, worker and recorder."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from gateway.database_session import DatabaseSession
from gateway.database_work import DatabaseWork
from gateway.recording.config import RecorderSettings
from gateway.recording.projections import all_projections
from gateway.recording.store import StatusStore
from tests.asking import rows_of
from warren.contracts.ids import new_id
from warren.contracts.status import parse_status

_DUE = """
SELECT o.*, t.payload FROM outbox o JOIN tasks t ON t.id = o.task_id
WHERE o.available_at <= now() ORDER BY o.task_id
"""
_PUBLISH = """
WITH gone AS (DELETE FROM outbox WHERE task_id = %(task)s RETURNING *)
INSERT INTO in_flight (task_id, generation, dispatch, queue)
SELECT task_id, generation, dispatch, queue FROM gone
ON CONFLICT (task_id) DO UPDATE SET dispatch = excluded.dispatch, generation = excluded.generation
RETURNING generation, dispatch
"""
ERROR = {"type": "Broken", "message": "it does not work"}


class Hands:
    """Publishes tasks and reports about them, step by step."""

    def __init__(self, url: str, store: StatusStore) -> None:
        self.url = url
        self._database = psycopg.connect(url, autocommit=True, row_factory=dict_row)
        self._store = store
        #: Every call that a worker would have made: kind and payload.
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def close(self) -> None:
        self._database.close()

    def ask(self, query: Any, *values: Any) -> list[dict[str, Any]]:
        return rows_of(self._database.execute(query, values))

    def due(self) -> list[dict[str, Any]]:
        """What the relay would publish now."""
        return self.ask(_DUE)

    def publish(self, task: UUID | str) -> None:
        """The task is in a worker's hands."""
        rows = self.ask("SELECT kind, payload FROM tasks WHERE id = %s", task)
        assert self._database.execute(_PUBLISH, {"task": task}).rowcount == 1, "it is not due"
        self.calls.append((rows[0]["kind"], rows[0]["payload"]))
        self._report(task, "task.processing", {})

    def publish_due(self) -> list[UUID]:
        """All that is due is in workers' hands; returns which tasks that are."""
        due = [row["task_id"] for row in self.due()]
        for task in due:
            self.publish(task)
        return due

    def succeed(self, task: UUID | str, result: Any = None, *, again: int = 0, **data: Any) -> None:
        """Reported once, and `again` so many times."""
        body = {"result": result or {}, "processing_seconds": 0.1, **data}
        self._report(task, "task.succeeded", body, again=again)

    def fail(self, task: UUID | str, **data: Any) -> None:
        body = {"source": "permanent", "error": ERROR, "processing_seconds": 0.1, **data}
        self._report(task, "task.failed", body)

    def retry(self, task: UUID | str, delay: float, error: Any = ERROR, **data: Any) -> None:
        """Another attempt is due in `delay` seconds."""
        body = {"delay": delay, "error": error, "processing_seconds": 0.1, **data}
        self._report(task, "task.retrying", body)

    def wait(self, task: UUID | str, delay: float = 0) -> None:
        """The chatbot is down."""
        body = {"reason": "provider_down", "delay": delay, "error": ERROR}
        self._report(task, "task.waiting", body)

    def run_all(self) -> None:
        """Publish and finish everything until nothing is due."""
        while due := self.publish_due():
            for task in due:
                self.succeed(task)

    def sync_of(self, entity: UUID | str) -> dict[str, Any]:
        (row,) = self.ask("SELECT * FROM syncs WHERE entity_id = %s", entity)
        return row

    def task(self, task: UUID | str) -> dict[str, Any]:
        (row,) = self.ask("SELECT * FROM tasks WHERE id = %s", task)
        return row

    def record(self, status: bytes) -> None:
        """What a worker says, as it stands in its message."""
        self._store.record_statuses([status])

    def _report(self, task: UUID | str, type_: str, data: dict[str, Any], again: int = 0) -> None:
        (held,) = self.ask("SELECT * FROM in_flight WHERE task_id = %s", task)
        status = parse_status(
            {
                "id": new_id(),
                "type": type_,
                "task_id": str(task),
                "generation": held["generation"],
                "dispatch": held["dispatch"],
                "attempt": 1,
                "run_id": new_id(),
                "incarnation": "host-1-1",
                "at": datetime.now(UTC),
                "data": data,
            }
        )
        for _ in range(1 + again):
            self._store.record_statuses([status.model_dump_json().encode()])


@contextmanager
def hands_on(url: str) -> Iterator[Hands]:
    """Within the block, on this database."""
    work = DatabaseWork(DatabaseSession(url, name="warren-recorder"), threading.Event())
    hands = Hands(url, StatusStore(work, all_projections(RecorderSettings())))
    try:
        yield hands
    finally:
        hands.close()
        work.close()
