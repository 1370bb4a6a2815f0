"""The blocking client and that for asyncio, called in one way, so that tests are for both."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from warren.client import AsyncWarrenClient, WarrenClient

BOTH = ["blocking", "asyncio"]


@contextmanager
def opened_client(which: str, url: str, key: str, **more: Any) -> Iterator[Any]:
    """A client whose methods return what they come to, and whose `follow` can be iterated."""
    if which == "blocking":
        with WarrenClient(url, key, **more) as blocking:
            yield blocking
        return
    with asyncio.Runner() as runner:
        client = _InLoop(AsyncWarrenClient(url, key, **more), runner)
        try:
            yield client
        finally:
            client.close()


class _InLoop:
    def __init__(self, client: AsyncWarrenClient, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        def called(*args: Any, **kwargs: Any) -> Any:
            made = method(*args, **kwargs)
            if isinstance(made, AsyncGenerator):
                return self._iterated(made)
            return self._runner.run(made)

        return called

    def _iterated(self, events: AsyncGenerator[Any, None]) -> Iterator[Any]:
        async def following() -> Any:
            return await anext(events)

        try:
            while True:
                try:
                    event = self._runner.run(following())
                except StopAsyncIteration:
                    return
                yield event
        finally:
            self._runner.run(events.aclose())


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in pieces; an exception among them is raised."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        for piece in iter(self):
            yield piece
