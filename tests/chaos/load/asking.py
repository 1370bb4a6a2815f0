"""HTTP calls whose question and answer are written down, whatever happens in between."""

import itertools
import threading
import time
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import httpx

from tests.chaos.journal import Journal

_TIMEOUT = 10.0
_NUMBERS = itertools.count(1)


class Gateways:
    """Clients of all gateways; each call goes to one of them."""

    def __init__(self, urls: Sequence[str], api_key: str) -> None:
        self._clients = [
            httpx.Client(
                base_url=url,
                headers={"Authorization": f"Bearer {api_key}"},
                timeout=_TIMEOUT,
                trust_env=False,
            )
            for url in urls
        ]

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients:
            client.close()

    def any(self, random: Random) -> httpx.Client:
        """One of them."""
        return random.choice(self._clients)


class Asker:
    """Asks for things about tasks and letters that exist; each question has a number of its own."""

    def __init__(self, gateways: Gateways, journal: Journal, random: Random) -> None:
        self._gateways = gateways
        self._journal = journal
        self._random = random
        self._guard = threading.Lock()

    def get(self, path: str) -> Any | None:
        """The answer's document, None if there was none; reading is not written down."""
        try:
            answer = self._any().get(path)
        except httpx.TransportError:
            return None
        return None if answer.is_error else answer.json()

    def ask(
        self,
        action: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        method: str = "POST",
        **about: Any,
    ) -> httpx.Response | None:
        """Ask; returns the answer, None if there was none."""
        number = next(_NUMBERS)
        self._journal.write(
            event="asked", ask=number, action=action, **about, mono=time.monotonic(),
            wall=time.time(),
        )  # fmt: skip
        try:
            answer = self._any().request(method, path, json=body)
        except httpx.TransportError as error:
            self._journal.write(event="unanswered", ask=number, error=repr(error)[:300])
            return None
        self._journal.write(
            event="told", ask=number, code=answer.status_code, state=_state(answer),
            mono=time.monotonic(), text=answer.text[:300] if answer.is_error else None,
            made=None if answer.is_error else answer.json().get("task_id"),
        )  # fmt: skip
        return answer

    def _any(self) -> httpx.Client:
        with self._guard:
            return self._gateways.any(self._random)


def _state(answer: httpx.Response) -> str | None:
    if answer.is_error:
        return None
    state = answer.json().get("status")
    return None if state is None else str(state)
