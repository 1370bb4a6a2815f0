"""One client: submits, notes down what it was answered, and tries again with care."""

import threading
import time
from typing import Any

import httpx

from tests.chaos.journal import Journal
from tests.chaos.load.mix import Ask

_TIMEOUT = 10.0
_PAUSE = 0.25


class Submitter:
    """Sends requests that all carry an id of their own in the task's metadata.

    A try whose answer did not come, or which met an error of the server, may or may not have made
    a task. So every try has a new id, and the log says what became of each.
    """

    def __init__(self, url: str, api_key: str, journal: Journal, stop: threading.Event) -> None:
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=_TIMEOUT,
            trust_env=False,
        )
        self._journal = journal
        self._stop = stop

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def submit(self, name: str, ask: Ask) -> bool:
        """Try until the gateway has said yes or no, or the run is over; True for a yes."""
        tries = 0
        while not self._stop.is_set():
            tries += 1
            code = self._try(f"{name}.{tries}", ask)
            if code is not None and code < 500:
                return code < 300
            self._stop.wait(_PAUSE)
        return False

    def _try(self, request: str, ask: Ask) -> int | None:
        self._journal.write(
            event="sent", request=request, kind=ask.kind, payload=ask.payload,
            delay=ask.delay, mono=time.monotonic(), wall=time.time(),
        )  # fmt: skip
        try:
            answer = self._http.post("/api/v1/tasks", json=_body(request, ask))
        except httpx.TransportError as error:
            self._journal.write(
                event="lost", request=request, error=repr(error)[:300], mono=time.monotonic()
            )
            return None
        self._journal.write(
            event="answered",
            request=request,
            code=answer.status_code,
            task=_task_id(answer),
            text=answer.text[:300] if answer.is_error else None,
            mono=time.monotonic(),
        )
        return answer.status_code


def _body(request: str, ask: Ask) -> dict[str, Any]:
    body: dict[str, Any] = {
        "kind": ask.kind, "payload": ask.payload, "metadata": {"request": request},
    }  # fmt: skip
    if ask.lane:
        body["lane"] = ask.lane
    if ask.delay is not None:
        body["delay_seconds"] = ask.delay
    return body


def _task_id(answer: httpx.Response) -> str | None:
    if answer.status_code != httpx.codes.ACCEPTED:
        return None
    return str(answer.json()["task_id"])
