"""Faults that can be switched on: how a real service behaves on a bad day."""

import asyncio
import json
import threading
from collections import Counter
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: These answer whatever is switched on.
_SPARED = ("/faults", "/readyz", "/openapi.json", "/docs")


class Fault(StrEnum):
    """What happens to every call."""

    NONE = "none"
    #: 503, nothing applied.
    DOWN = "down"
    #: The answer comes after `delay` seconds.
    SLOW = "slow"
    #: 429 with `Retry-After`, nothing applied.
    BUSY = "busy"
    #: Applied, then 500.
    FAILS_AFTER = "fails_after"
    #: Applied, then an answer that ends in the middle.
    CUT = "cut"
    #: `every` calls are answered 503, the next `every` are served, and so on.
    FLAPPING = "flapping"


class Switch(BaseModel):
    """Which fault is on.

    `first` limits it to so many calls, after which all is well again; with `once_each` it hits only
    the first call under each idempotency key.
    """

    model_config = ConfigDict(extra="forbid")

    fault: Fault = Fault.NONE
    delay: Annotated[float, Field(ge=0, le=600)] = 1.0
    retry_after: Annotated[int, Field(ge=0, le=86_400)] = 1
    every: Annotated[int, Field(ge=1, le=10_000)] = 5
    first: Annotated[int, Field(ge=1)] | None = None
    once_each: bool = False


class Tally(BaseModel):
    """The switch as it stands, and the calls since the start by method and answer."""

    switch: Switch
    calls: dict[str, int]


class Faults:
    """An ASGI middleware; the switch may be turned at any time."""

    def __init__(self, app: ASGIApp, panel: "Panel") -> None:
        self._app = app
        self._panel = panel

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_SPARED):
            await self._app(scope, receive, send)
            return
        switch = self._panel.next_call(Headers(scope=scope).get("idempotency-key"))

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._panel.count(scope["method"], message["status"])
            await send(message)

        if switch.fault in {Fault.DOWN, Fault.BUSY}:
            await _refuse(switch, counted)
            return
        if switch.fault is Fault.SLOW:
            await asyncio.sleep(switch.delay)
        if switch.fault is Fault.FAILS_AFTER:
            await self._app(scope, receive, _swallow)
            await _answer(500, "internal-error", "the change was applied, then this", counted)
        elif switch.fault is Fault.CUT:
            await self._app(scope, receive, _cut(counted))
        else:
            await self._app(scope, receive, counted)


class Panel:
    """The switch and the counts, shared by the middleware and the routes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._switch = Switch()
        self._left = 0
        self._served = 0
        self._hit: set[str] = set()
        self._calls: Counter[str] = Counter()

    def turn(self, switch: Switch) -> None:
        """From the next call on."""
        with self._lock:
            self._switch, self._served = switch, 0
            self._hit.clear()
            self._left = switch.first or 0

    def next_call(self, key: str | None) -> Switch:
        """What is to happen to the call that comes now, under this idempotency key."""
        with self._lock:
            switch = self._switch
            if not self._hits(key):
                return Switch()
            if switch.fault is Fault.FLAPPING:
                self._served += 1
                down = (self._served - 1) // switch.every % 2 == 0
                return switch.model_copy(update={"fault": Fault.DOWN if down else Fault.NONE})
            return switch

    def _hits(self, key: str | None) -> bool:
        if self._switch.once_each:
            known = key is None or key in self._hit
            self._hit |= set() if key is None else {key}
            return not known
        self._left -= 1
        return self._switch.first is None or self._left >= 0

    def count(self, method: str, status: int) -> None:
        """A call was answered."""
        with self._lock:
            self._calls[f"{method} {status}"] += 1

    def tally(self) -> Tally:
        """What stands, and what was."""
        with self._lock:
            return Tally(switch=self._switch, calls=dict(self._calls))


async def _refuse(switch: Switch, send: Send) -> None:
    if switch.fault is Fault.BUSY:
        retry_after = (b"retry-after", str(switch.retry_after).encode())
        await _answer(429, "busy", "too many calls", send, retry_after)
    else:
        await _answer(503, "down", "the chatbot is down", send)


async def _answer(
    status: int,
    type_: str,
    detail: str,
    send: Send,
    *headers: tuple[bytes, bytes],
) -> None:
    problem: dict[str, Any] = {"type": type_, "title": type_, "status": status, "detail": detail}
    body = json.dumps(problem).encode()
    given = [(b"content-type", b"application/problem+json"), *headers]
    given.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": given})
    await send({"type": "http.response.body", "body": body})


async def _swallow(_message: Message) -> None:
    return None


def _cut(send: Send) -> Send:
    """Sends headers and half of the body; uvicorn then closes the connection."""

    async def half(message: Message) -> None:
        if message["type"] == "http.response.body":
            body = message.get("body", b"")
            message = {**message, "body": body[: len(body) // 2], "more_body": True}
        await send(message)

    return half
