"""Speaks with a running gateway, over HTTP like any other client."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx

from warren.cli.api_client import ApiClient
from warren.client.errors import GatewayUnreachable, RefusedByGateway
from warren.contracts.states import TaskState
from warren.errors import WarrenError

POLL = 0.2
_DEADLINE = 180.0
_GATEWAY = "gateway"

#: State, percent and message of a task, whenever one has changed.
OnProgress = Callable[[str, int, str], None]


class DemoFailed(WarrenError):
    """A step came to nothing; `process` is the one to look at."""

    def __init__(self, message: str, *, process: str) -> None:
        super().__init__(message)
        self.process = process


class DemoClient:
    """Submits, follows and downloads. A context manager, because it holds connections."""

    def __init__(
        self, gateway_url: str, api_key: str, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._client = ApiClient(gateway_url, api_key, transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._client.close()

    def get(self, path: str, **parameters: Any) -> Any:
        """What a GET answers; raises DemoFailed."""
        with _at_fault(_GATEWAY):
            return self._client.get(path, parameters)

    def post(self, path: str, body: Any) -> Any:
        """What a POST answers; raises DemoFailed."""
        with _at_fault(_GATEWAY):
            return self._client.post(path, body)

    def put(self, path: str, body: Any) -> Any:
        """What a PUT answers; raises DemoFailed."""
        with _at_fault(_GATEWAY):
            return self._client.put(path, body)

    def upload(
        self, path: str, file: tuple[str, bytes, str], fields: Mapping[str, str] | None = None
    ) -> Any:
        """What a form with a file (name, content, media type) is answered; raises DemoFailed."""
        with _at_fault(_GATEWAY):
            return self._client.upload(path, file, fields or {})

    def download(self, artifact_id: str, target: Path) -> None:
        """Fetch a file; raises DemoFailed."""
        with _at_fault(_GATEWAY):
            self._client.download(f"/api/v1/artifacts/{artifact_id}", target)

    def result(self, task_id: str) -> dict[str, Any]:
        """The result of a task that has succeeded; raises DemoFailed."""
        result: dict[str, Any] = self.get(f"/api/v1/tasks/{task_id}/result")
        return result

    def follow(self, task_id: str, process: str, on_progress: OnProgress) -> None:
        """Wait for the end of the task; raises DemoFailed, naming `process`, unless it succeeds."""
        deadline = time.monotonic() + _DEADLINE
        seen: tuple[str, int, str] | None = None
        while True:
            status = self.get(f"/api/v1/tasks/{task_id}/status")
            now = (
                str(status["status"]),
                int(status.get("progress") or 0),
                str(status.get("message") or ""),
            )
            if now != seen:
                on_progress(*now)
                seen = now
            if TaskState(now[0]).is_terminal:
                break
            if time.monotonic() > deadline:
                raise DemoFailed(
                    f"task {task_id} is still {now[0]} after {_DEADLINE:.0f} s", process=process
                )
            threading.Event().wait(POLL)
        if now[0] != TaskState.SUCCEEDED:
            raise DemoFailed(f"task {task_id} {now[0]}: {_reason(status)}", process=process)


@contextmanager
def _at_fault(process: str) -> Iterator[None]:
    try:
        yield
    except (RefusedByGateway, GatewayUnreachable) as error:
        raise DemoFailed(str(error), process=process) from error


def _reason(status: dict[str, Any]) -> str:
    error = status.get("error") or {}
    return str(error.get("message") or "no reason was recorded")
