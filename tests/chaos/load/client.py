"""One client: submits, notes down what it was answered, and tries again with care."""

import threading
import time
from collections.abc import Iterator
from random import Random
from typing import Any

import httpx

from tests.chaos.journal import Journal
from tests.chaos.load.asking import Gateways
from tests.chaos.load.submissions import Submission

_PAUSE = 0.25
#: Seconds after the end of the load in which what must not be given up goes on.
_PERSISTENCE = 120.0
_BUSY = 409


class Submitter:
    """Sends requests whose tasks all carry a name of their own in their metadata.

    A try whose answer did not come, or which met an error of the server, may or may not have made
    a task. So every try has a new name, and the log says what became of each. Not so with a key, or
    where the gateway promises it anyway: then all tries are the same request, by whichever gateway.
    """

    def __init__(self, gateways: Gateways, journal: Journal, stop: threading.Event) -> None:
        self._gateways = gateways
        self._journal = journal
        self._stop = stop

    def submit(self, name: str, wanted: Submission, random: Random) -> dict[str, Any] | None:
        """Try until the gateway has said yes or no, or the run is over; the document of a yes."""
        body: dict[str, Any] = {}
        for tries in self._tries(wanted):
            request = name if wanted.keyed or wanted.is_one else f"{name}.{tries}"
            if tries == 1 or not wanted.keyed:
                body = wanted.body(request)
            answer = self._try(request, wanted, body, self._gateways.any(random))
            if answer is not None and not _is_open(answer, wanted):
                document: dict[str, Any] = answer.json()
                return None if answer.is_error else document
        return None

    def _tries(self, wanted: Submission) -> Iterator[int]:
        """Numbers from 1, with a pause after each."""
        number, given_up = 0, float("inf")
        while True:
            if self._stop.is_set():
                given_up = min(given_up, time.monotonic() + _PERSISTENCE)
                if not wanted.is_one or time.monotonic() > given_up:
                    return
            number += 1
            yield number
            threading.Event().wait(_PAUSE)

    def _try(
        self, request: str, wanted: Submission, body: dict[str, Any], client: httpx.Client
    ) -> httpx.Response | None:
        now = {"mono": time.monotonic(), "wall": time.time()}
        asked = list(wanted.sent(request))
        for line in asked:
            self._journal.write(event="sent", keyed=wanted.keyed, **line, **now)
        headers = {"Idempotency-Key": request} if wanted.keyed else {}
        try:
            answer = client.post(wanted.path, json=body, headers=headers)
        except httpx.TransportError as error:
            lost = {"error": repr(error)[:300], "mono": time.monotonic()}
            self._journal.write(event="lost", request=request, **lost)
            return None
        self._note(answer, asked, request, wanted)
        return answer

    def _note(
        self, answer: httpx.Response, asked: list[dict[str, Any]], request: str, wanted: Submission
    ) -> None:
        told = {"code": answer.status_code, "mono": time.monotonic(), "wall": time.time()}
        if answer.is_error:
            text = answer.text[:300]
            for line in asked:
                name = line["request"]
                self._journal.write(event="answered", request=name, task=None, text=text, **told)
            return
        for line in wanted.answered(request, answer.json()):
            self._journal.write(event="answered", **line, **told)


def _is_open(answer: httpx.Response, wanted: Submission) -> bool:
    """Whether nothing is decided: an error of the server, or a key that is being answered."""
    return answer.status_code >= 500 or (answer.status_code == _BUSY and wanted.keyed)
