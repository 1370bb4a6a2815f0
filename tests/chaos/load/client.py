"""One client: submits, notes down what it was answered, and tries again with care."""

import threading
import time
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx

from tests.chaos.journal import Journal
from tests.chaos.load.asking import Gateways
from tests.chaos.load.mix import Ask

_PAUSE = 0.25
_BUSY = 409


class Submitter:
    """Sends requests that all carry an id of their own in the task's metadata.

    A try whose answer did not come, or which met an error of the server, may or may not have made
    a task. So every try has a new id, and the log says what became of each. Not so with a key: then
    all tries are the same request, by whichever gateway, and make one task.
    """

    def __init__(self, gateways: Gateways, journal: Journal, stop: threading.Event) -> None:
        self._gateways = gateways
        self._journal = journal
        self._stop = stop

    def submit(self, name: str, ask: Ask, random: Random) -> str | None:
        """Try until the gateway has said yes or no, or the run is over; the task of a yes."""
        tries = 0
        body = _body(ask)
        while not self._stop.is_set():
            tries += 1
            request = name if ask.keyed else f"{name}.{tries}"
            answer = self._try(request, ask, body, self._gateways.any(random))
            if answer is not None and answer.status_code < 500 and answer.status_code != _BUSY:
                return None if answer.is_error else str(answer.json()["task_id"])
            if not ask.keyed:
                body = _body(ask)
            self._stop.wait(_PAUSE)
        return None

    def _try(
        self, request: str, ask: Ask, body: dict[str, Any], client: httpx.Client
    ) -> httpx.Response | None:
        self._journal.write(
            event="sent", request=request, kind=ask.kind, payload=ask.payload,
            delay=ask.delay, expires_in=ask.expires_in, unique_key=ask.unique_key,
            keyed=ask.keyed, mono=time.monotonic(), wall=time.time(),
        )  # fmt: skip
        whole = {**body, "metadata": {"request": request}}
        headers = {"Idempotency-Key": request} if ask.keyed else {}
        try:
            answer = client.post("/api/v1/tasks", json=whole, headers=headers)
        except httpx.TransportError as error:
            self._journal.write(
                event="lost", request=request, error=repr(error)[:300], mono=time.monotonic()
            )
            return None
        self._journal.write(
            event="answered",
            request=request,
            code=answer.status_code,
            task=None if answer.is_error else str(answer.json()["task_id"]),
            unique=not answer.is_error and answer.json()["unique"],
            text=answer.text[:300] if answer.is_error else None,
            mono=time.monotonic(),
        )
        return answer


def _body(ask: Ask) -> dict[str, Any]:
    body: dict[str, Any] = {"kind": ask.kind, "payload": ask.payload}
    if ask.lane:
        body["lane"] = ask.lane
    if ask.delay is not None:
        body["delay_seconds"] = ask.delay
    if ask.unique_key:
        body["unique_key"] = ask.unique_key
    if ask.expires_in is not None:
        moment = datetime.now(UTC) + timedelta(seconds=ask.expires_in)
        body["expires_at"] = moment.isoformat()
    return body
