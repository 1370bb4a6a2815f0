"""HTTP to the gateway: every call ends within its time-out, and what can be tried again is."""

import atexit
import os
import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from uuid import uuid4

import httpx

from warren.client.errors import GatewayUnreachable
from warren.client.gateway_connection import GatewayConnection, document_of, problem_of
from warren.client.settings import ClientSettings

#: One try takes no longer than this, so that a dead gateway leaves time for a living one.
_ONE_TRY = 10.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
#: Answers after which the same request is sent again.
_COME_BACK = frozenset({429, 502, 503, 504})
#: Who stands in for the gateway that the environment names, in the whole process.
_stand_ins: list["GatewayClient"] = []
_IN_PROGRESS = "urn:warren:problem:request-in-progress"


class GatewayClient:
    """Speaks JSON with a gateway; safe from any thread.

    Only requests that may be repeated are sent: reading, and posting with an Idempotency-Key.
    While the gateway cannot be reached, breaks off, or answers 429, 502, 503 or 504, they are sent
    again within `timeout` seconds; `Retry-After` is honoured.
    """

    def __init__(
        self,
        url: str,
        api_key: str,
        *,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._timeout = timeout
        self._connection = GatewayConnection(url, api_key, transport)

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    def get(self, path: str, *, timeout: float | None = None, wait: int = 0) -> Any:
        """The answer's JSON; raises RefusedByGateway or GatewayUnreachable.

        With `wait` the gateway may take so many seconds for an answer that tells of an end.
        """
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        return self._call("GET", path, None, headers, timeout, _ONE_TRY + wait)

    def post(
        self, path: str, body: bytes, *, idempotency_key: str, timeout: float | None = None
    ) -> Any:
        """The same for a POST, which is done once however often it has to be sent."""
        headers = {"Idempotency-Key": idempotency_key, "Content-Type": "application/json"}
        return self._call("POST", path, body, headers, timeout, _ONE_TRY)

    def change(
        self,
        method: str,
        path: str,
        body: bytes | None,
        *,
        headers: Mapping[str, str],
        parameters: Mapping[str, Any],
        one_try: float = _ONE_TRY,
    ) -> Any:
        """The same for any method that obeys an Idempotency-Key, with headers of its own.

        One try may take `one_try` seconds, and all of them the client's `timeout` or so long.
        """
        headers = {"Idempotency-Key": str(uuid4()), **headers}
        within = max(self._timeout, one_try)
        return self._call(method, path, body, headers, within, one_try, parameters)

    def _call(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
        timeout: float | None,
        one_try: float,
        parameters: Mapping[str, Any] | None = None,
    ) -> Any:
        within = self._timeout if timeout is None else timeout
        deadline = time.monotonic() + within
        pause = _FIRST_PAUSE
        while True:
            left = max(0.05, min(deadline - time.monotonic(), one_try))
            answer, reason = self._try(method, path, body, headers, left, parameters)
            if answer is not None and not _comes_back(answer):
                return document_of(answer)
            wait = _retry_after(answer)
            if wait is None:
                wait, pause = random.uniform(pause / 2, pause), min(2 * pause, _LONGEST_PAUSE)
            if time.monotonic() + wait >= deadline:
                raise GatewayUnreachable(
                    f"{method} {path} was of no avail within {within:g} s: {reason}",
                    retry_after=wait,
                )
            threading.Event().wait(wait)

    def _try(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
        timeout: float,
        parameters: Mapping[str, Any] | None,
    ) -> tuple[httpx.Response | None, str]:
        try:
            answer = self._connection.send(
                method,
                path,
                timeout=timeout,
                body=body,
                headers=headers,
                parameters=parameters,
            )
        except GatewayUnreachable as error:
            return None, str(error)
        return answer, f"HTTP {answer.status_code}: {problem_of(answer).get('detail', '')}"


def default_client() -> GatewayClient:
    """The client of this process for the gateway that the environment names.

    Raises ConfigurationError when it names none.
    """
    if _stand_ins:
        return _stand_ins[-1]
    settings = ClientSettings()
    return _client_for(os.getpid(), *settings.address(), settings.client_timeout)


@contextmanager
def standing_in(client: GatewayClient) -> Iterator[None]:
    """Within this block `client` is `default_client`, in all threads."""
    _stand_ins.append(client)
    try:
        yield
    finally:
        _stand_ins.remove(client)


@lru_cache(maxsize=8)
def _client_for(_pid: int, url: str, api_key: str, timeout: float) -> GatewayClient:
    # A forked child needs connections of its own, hence the process's id.
    client = GatewayClient(url, api_key, timeout=timeout)
    atexit.register(client.close)
    return client


def _comes_back(answer: httpx.Response) -> bool:
    if answer.status_code == 409:
        return problem_of(answer).get("type") == _IN_PROGRESS
    return answer.status_code in _COME_BACK


def _retry_after(answer: httpx.Response | None) -> float | None:
    text = "" if answer is None else answer.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None
