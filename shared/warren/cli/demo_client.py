"""Speaks a text through a running gateway, over HTTP like any other client."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx

from warren.cli.api_client import ApiClient
from warren.cli.demo_texts import DemoText
from warren.client.errors import GatewayUnreachable, RefusedByGateway
from warren.contracts.speech import Speech
from warren.contracts.states import TaskState
from warren.errors import WarrenError

_POLL = 0.2
_DEADLINE = 180.0
_GATEWAY, _WORKER = "gateway", "tts-worker"


class DemoFailed(WarrenError):
    """The demonstration did not end with an audio file; `process` is the one to look at."""

    def __init__(self, message: str, *, process: str) -> None:
        super().__init__(message)
        self.process = process


@dataclass(frozen=True, slots=True)
class SpokenText:
    """What came out: the file, seconds of audio, seconds from submission to success."""

    title: str
    path: Path
    audio_seconds: float
    elapsed: float
    voice: str


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

    def submit(self, text: DemoText) -> str:
        """Hand the text in; returns the task's id."""
        body = {"text": text.text, "language": text.language, "output_format": text.output_format}
        with _at_fault(_GATEWAY):
            return str(self._client.post("/api/v1/speech", body)["task_id"])

    def follow(self, task_id: str, on_progress: Callable[[str, int], None]) -> None:
        """Wait until the task has ended; raises DemoFailed unless it succeeded.

        `on_progress` gets state and percent whenever one has changed.
        """
        deadline = time.monotonic() + _DEADLINE
        seen: tuple[str, int] | None = None
        while True:
            with _at_fault(_GATEWAY):
                status = self._client.get(f"/api/v1/tasks/{task_id}/status")
            now = (str(status["status"]), int(status.get("progress") or 0))
            if now != seen:
                on_progress(*now)
                seen = now
            if TaskState(now[0]).is_terminal:
                break
            if time.monotonic() > deadline:
                raise DemoFailed(
                    f"task {task_id} is still {now[0]} after {_DEADLINE:.0f} s", process=_WORKER
                )
            threading.Event().wait(_POLL)
        if now[0] != TaskState.SUCCEEDED:
            raise DemoFailed(f"task {task_id} {now[0]}: {_reason(status)}", process=_WORKER)

    def download(self, task_id: str, folder: Path, text: DemoText, began: float) -> SpokenText:
        """Fetch the audio file of a task that has succeeded into `folder`."""
        with _at_fault(_GATEWAY):
            result = self._client.get(f"/api/v1/tasks/{task_id}/result")
            speech = Speech.model_validate(result)
            elapsed = time.monotonic() - began
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / text.file_name
            self._client.download(f"/api/v1/artifacts/{speech.artifact_id}", path)
        return SpokenText(text.title, path, speech.duration_seconds, elapsed, speech.voice)


@contextmanager
def _at_fault(process: str) -> Iterator[None]:
    try:
        yield
    except (RefusedByGateway, GatewayUnreachable) as error:
        raise DemoFailed(str(error), process=process) from error


def _reason(status: dict[str, Any]) -> str:
    error = status.get("error") or {}
    return str(error.get("message") or "no reason was recorded")
