"""A TCP proxy whose connections can be cut, stalled and delayed."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from warren.stack.ports import HOST

T = TypeVar("T")
_CHUNK = 64 * 1024
_TIMEOUT = 10.0


@dataclass(slots=True)
class _Weather:
    """How it is between the two sides of one proxy just now."""

    refuses: bool = False
    delay: float = 0.0
    flows: asyncio.Event = field(default_factory=asyncio.Event)
    answers: asyncio.Event = field(default_factory=asyncio.Event)


class Proxy:
    """Listens on `port` of 127.0.0.1 and forwards to where `upstream()` says.

    Belongs to a ProxyLoop, in whose thread it works; `cut`, `stall` and `calm` may be called from
    any other thread.
    """

    def __init__(self, loop: "ProxyLoop", upstream: Callable[[], int]) -> None:
        self._loop = loop
        self._upstream = upstream
        self._weather = _Weather()
        self._weather.flows.set()
        self._weather.answers.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server = loop.call(asyncio.start_server(self._serve, HOST, 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Reset all connections and refuse new ones until `calm`."""
        self._loop.soon(self._cut)

    def stall(self) -> None:
        """Let nothing through, and say nothing about it, until `calm`."""
        self._loop.soon(self._weather.flows.clear)

    def silence(self) -> None:
        """Let everything through to the server and nothing back until `calm`."""
        self._loop.soon(self._weather.answers.clear)

    def delay(self, seconds: float) -> None:
        """Hold up every piece of data by so long until `calm`."""
        self._weather.delay = seconds

    def calm(self) -> None:
        """Forward as if nothing had happened."""
        # In the order of the orders: a cut that was ordered before comes before.
        self._loop.soon(self._calm)

    def close(self) -> None:
        """Stop listening and reset what is open."""
        self._loop.soon(self._server.close)
        self._loop.soon(self._reset)

    def _calm(self) -> None:
        self._weather.refuses = False
        self._weather.delay = 0.0
        self._weather.flows.set()
        self._weather.answers.set()

    def _cut(self) -> None:
        self._weather.refuses = True
        self._reset()

    def _reset(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if not self._weather.refuses:
                await self._connect(reader, writer)
        except OSError:
            writer.transport.abort()
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opening = asyncio.open_connection(HOST, self._upstream())
        there_reader, there_writer = await asyncio.wait_for(opening, _TIMEOUT)
        self._writers.add(there_writer)
        try:
            there = self._pump(reader, there_writer, self._weather.flows)
            back = self._pump(there_reader, writer, self._weather.answers)
            await asyncio.gather(there, back)
        finally:
            self._writers.discard(there_writer)
            there_writer.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, may: asyncio.Event
    ) -> None:
        while data := await reader.read(_CHUNK):
            if self._weather.delay:
                await asyncio.sleep(self._weather.delay)
            await self._weather.flows.wait()
            await may.wait()
            writer.write(data)
            await writer.drain()
        if not writer.transport.is_closing():
            writer.write_eof()


class ProxyLoop:
    """One thread with an event loop for all proxies; a context manager."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxies", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_TIMEOUT)
        self._loop.close()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run in the loop's thread, from another one, and return what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_TIMEOUT)

    def soon(self, work: Callable[[], object]) -> None:
        """Run in the loop's thread and do not wait for it."""
        self._loop.call_soon_threadsafe(work)

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
