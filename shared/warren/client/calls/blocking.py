"""A transport that blocks, and how coroutines over it come to their end without an event loop."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import httpx

from warren.client.calls.transport import HttpRequest
from warren.client.clock import current_clock
from warren.client.file_content import FileContent
from warren.client.gateway_connection import GatewayConnection

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Answer:
    head: httpx.Response

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        for piece in self.head.iter_bytes():
            yield piece


class BlockingTransport:
    """Its coroutines do their work without ever suspending; safe from any thread."""

    def __init__(self, connection: GatewayConnection) -> None:
        self._connection = connection

    async def send(self, request: HttpRequest) -> httpx.Response:
        """The answer, whatever it is."""
        return self._connection.send(
            request.method,
            request.path,
            timeout=request.timeout,
            body=_pieces(request.body) if isinstance(request.body, FileContent) else request.body,
            headers=request.headers,
            parameters=request.query,
        )

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[_Answer]:
        """The answer while it comes."""
        with self._connection.opened(
            request.path, timeout=request.timeout, headers=request.headers
        ) as answer:
            yield _Answer(answer)

    async def pause(self, seconds: float) -> None:
        """Return when so much time has passed."""
        current_clock().pause(seconds)

    async def work(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the function returns."""
        return function(*args, **kwargs)

    async def close(self) -> None:
        """Close the connections."""
        self._connection.close()


def completed(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine over a BlockingTransport returns."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    coroutine.close()
    raise RuntimeError("a call over a transport that blocks has suspended")


def iterated(things: AsyncGenerator[T, None]) -> Iterator[T]:
    """What an asynchronous generator over a BlockingTransport yields; closes it at the end."""
    try:
        while True:
            try:
                thing = completed(things.__anext__())
            except StopAsyncIteration:
                return
            yield thing
    finally:
        completed(things.aclose())


def _pieces(content: FileContent) -> Iterator[bytes]:
    content.begin()
    sent = 0
    while piece := content.next_piece(sent):
        sent += len(piece)
        yield piece
