"""Tasks whose statuses are recorded as the recorder does it, and their event streams."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from gateway.artifacts.projections import artifact_projection
from gateway.recording.batch import record_statuses
from gateway.recording.decoding import Reported
from gateway.recording.projections import ending_projections
from warren.contracts.ids import derived_id, new_id
from warren.contracts.status import Status, parse_status

Sent = dict[str, Any]


class Task:
    """A submitted task, and what its worker reports of it."""

    def __init__(self, answer: dict[str, Any], connection: psycopg.Connection[Any]) -> None:
        self.id = answer["task_id"]
        self.events: str = answer["urls"]["events"]
        self.urls: dict[str, str] = answer["urls"]
        self._connection = connection
        self._projections = [artifact_projection(lambda kind: 7), *ending_projections()]

    def record(self, *statuses: Status) -> None:
        """Record these statuses in one transaction."""
        record_statuses(
            self._connection, [Reported(status, b"") for status in statuses], self._projections
        )

    def said(self, type_: str, data: dict[str, Any] | None = None, **where: Any) -> Status:
        """A status; `where` is dispatch, attempt, generation."""
        head = {"id": new_id(), "type": type_, "task_id": self.id, "run_id": new_id()}
        place = {"generation": 1, "dispatch": 1, "attempt": 1, "incarnation": "host-1-1", **where}
        return parse_status({**head, **place, "at": datetime.now(UTC), "data": data or {}})

    def processing(self, **where: Any) -> Status:
        return self.said("task.processing", **where)

    def progress(self, percent: int, message: str) -> Status:
        return self.said("task.progress", {"percent": percent, "message": message})

    def part(self, number: int) -> Status:
        artifact = {
            "id": str(derived_id(UUID(self.id), f"part:{number}")),
            "sha256": f"{number:064x}",
            "size": 3,
            "media_type": "audio/wav",
            "name": f"{number}.wav",
        }
        return self.said("task.part", {"seq": number, "artifact": artifact})

    def retrying(self, **where: Any) -> Status:
        error = {"type": "EngineBusy", "message": "try later", "traceback": "secret"}
        data = {"delay": 5, "error": error, "processing_seconds": 1}
        return self.said("task.retrying", data, **where)

    def failed(self, **where: Any) -> Status:
        error = {"type": "VoiceNotFound", "message": "no such voice", "traceback": "secret"}
        data = {"source": "permanent", "error": error, "processing_seconds": 1}
        return self.said("task.failed", data, **where)

    def succeeded(self, **where: Any) -> Status:
        data = {"result": {"words": 2}, "processing_seconds": 1.5}
        return self.said("task.succeeded", data, **where)


@pytest.fixture
def submit(client: httpx.Client, database: Any) -> Iterator[Callable[[], Task]]:
    """Submit a task."""
    with psycopg.connect(database.url, autocommit=True) as connection:

        def submitted() -> Task:
            body = {"kind": "tts.synthesize", "payload": {"text": "Hello."}}
            return Task(client.post("/api/v1/tasks", json=body).json(), connection)

        yield submitted


@dataclass
class Stream:
    """An open event stream, event by event; `comments` are counted as they come."""

    response: httpx.Response
    comments: int = 0
    _lines: Iterator[str] = field(init=False)

    def __post_init__(self) -> None:
        self._lines = self.response.iter_lines()

    def next(self) -> Sent:
        """The next event: `event`, `id` if it has one, `data`. Raises StopIteration at the end."""
        said: Sent = {}
        for line in self._lines:
            name, _, value = line.partition(": ")
            if not line and "event" in said:
                return said
            if not name:
                self.comments += bool(line)
            elif name == "data":
                said[name] = json.loads(value)
            else:
                said[name] = int(value) if name == "id" else value
        raise StopIteration

    def rest(self) -> list[Sent]:
        """All that comes until the stream ends."""
        events = []
        while True:
            try:
                events.append(self.next())
            except StopIteration:
                return events


@pytest.fixture
def follow(client: httpx.Client) -> Callable[..., AbstractContextManager[Stream]]:
    """Open the event stream at an address, within a block."""

    @contextmanager
    def opened(url: str, last: int | None = None, by: httpx.Client = client) -> Iterator[Stream]:
        headers = {} if last is None else {"Last-Event-ID": str(last)}
        with by.stream("GET", url, headers=headers, timeout=20) as response:
            assert response.status_code == 200, response.read()
            yield Stream(response)

    return opened
