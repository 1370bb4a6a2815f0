"""Requests that are sent until they are answered: what can be tried again is."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import httpx

from warren.client.calls.patience import Patience
from warren.client.calls.transport import HttpRequest, Transport
from warren.client.errors import GatewayUnreachable
from warren.client.gateway_connection import document_of, problem_of

#: One try takes no longer than this, so that a dead gateway leaves time for a living one.
ONE_TRY = 10.0
#: Answers after which the same request is sent again.
_COME_BACK = frozenset({429, 502, 503, 504})
_IN_PROGRESS = "urn:warren:problem:request-in-progress"


class GatewayCalls:
    """Speaks JSON with a gateway.

    Only requests that may be repeated are sent: reading, and posting with an Idempotency-Key.
    While the gateway cannot be reached, breaks off, or answers 429, 502, 503 or 504, they are sent
    again within `timeout` seconds; `Retry-After` is honoured. Raises RefusedByGateway and
    GatewayUnreachable.
    """

    def __init__(self, transport: Transport, timeout: float) -> None:
        self.transport = transport
        self.timeout = timeout

    async def get(
        self,
        path: str,
        *,
        timeout: float | None = None,
        wait: int = 0,
        parameters: Mapping[str, Any] = MappingProxyType({}),
    ) -> Any:
        """The answer's JSON; parameters of None are left out.

        With `wait` the gateway may take so many seconds for an answer that tells of an end.
        """
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        request = HttpRequest("GET", path, ONE_TRY + wait, headers=headers, parameters=parameters)
        return document_of(await self.insist(request, timeout))

    async def post(
        self, path: str, body: bytes, *, idempotency_key: str, timeout: float | None = None
    ) -> Any:
        """The same for a POST, which is done once however often it has to be sent."""
        headers = {"Idempotency-Key": idempotency_key, "Content-Type": "application/json"}
        return document_of(
            await self.insist(HttpRequest("POST", path, ONE_TRY, body, headers), timeout)
        )

    async def change(
        self,
        method: str,
        path: str,
        body: bytes | None,
        *,
        headers: Mapping[str, str],
        parameters: Mapping[str, Any],
        one_try: float = ONE_TRY,
    ) -> Any:
        """The same for any method that obeys an Idempotency-Key, with headers of its own.

        One try may take `one_try` seconds, and all of them the client's `timeout` or so long.
        """
        headers = {"Idempotency-Key": str(uuid4()), **headers}
        request = HttpRequest(method, path, one_try, body, headers, parameters)
        return document_of(await self.insist(request, max(self.timeout, one_try)))

    async def insist(self, request: HttpRequest, within: float | None = None) -> httpx.Response:
        """The answer that settles the request, whatever it is, after at most `within` seconds."""
        patience = Patience(
            self.timeout if within is None else within, f"{request.method} {request.path}"
        )
        while True:
            one_try = replace(request, timeout=patience.left(request.timeout))
            try:
                return settled(await self.transport.send(one_try))
            except GatewayUnreachable as failure:
                rest = patience.rest_after(failure)
            await self.transport.pause(rest)


def settled(answer: httpx.Response) -> httpx.Response:
    """The answer, unless it asks to come back: raises GatewayUnreachable then."""
    if not _comes_back(answer):
        return answer
    problem = problem_of(answer)
    raise GatewayUnreachable(
        f"HTTP {answer.status_code}: {problem.get('detail', '')}",
        retry_after=_retry_after(answer),
        status=answer.status_code,
        problem=problem,
    )


def _comes_back(answer: httpx.Response) -> bool:
    if answer.status_code == 409:
        return problem_of(answer).get("type") == _IN_PROGRESS
    return answer.status_code in _COME_BACK


def _retry_after(answer: httpx.Response) -> float | None:
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None
