"""Many open event streams in a process of their own, which note when each progress arrives.

    python -m bench.gateway.listeners PLAN

The message of a progress is the moment (time.time()) at which its job reported it. Prints a line
when so many as warm a system up have reached all streams; then, as JSON, for each progress that
reached all streams of its task the seconds that it took to the first and to the last.
"""

import asyncio
import json
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from urllib.parse import urlsplit

import uvloop

_TIMEOUT = 50


@dataclass(frozen=True, slots=True)
class ListenersPlan:
    """So many streams of one gateway, shared out among the tasks; the first `warm_up` progresses of
    each task find a system that has not done this before."""

    url: str
    paths: Sequence[str]
    headers: Mapping[str, str]
    streams: int
    warm_up: int

    def encoded(self) -> str:
        """As the program's argument."""
        return json.dumps(asdict(self))


class Arrivals:
    """How long each progress took to each of its `streams`."""

    def __init__(self, streams: int, warm_up: int) -> None:
        self.warm: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._by_progress: dict[str, list[float]] = defaultdict(list)
        self._streams = streams
        self._left = warm_up

    def note(self, progress: str, seconds: float) -> None:
        """One stream has read it."""
        delays = self._by_progress[progress]
        delays.append(seconds)
        if len(delays) == self._streams:
            self._left -= 1
            if self._left == 0:
                self.warm.set_result(None)

    def whole(self) -> list[tuple[float, float]]:
        """Of each progress that has reached all streams, in their order: the first, the last."""
        told = sorted(self._by_progress.items())
        return [(min(took), max(took)) for _, took in told if len(took) >= self._streams]


class Listener(asyncio.Protocol):
    """One stream: looks for the messages of progress events, and for the end of the answer."""

    def __init__(self, request: bytes, arrivals: Arrivals) -> None:
        self._request = request
        self._arrivals = arrivals
        self._unread = b""
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Ask for the stream."""
        transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        """The gateway has gone, before the end or after it."""
        if not self.over.done():
            self.over.set_exception(exc or ConnectionError("the stream ended before its task"))

    def data_received(self, data: bytes) -> None:
        """Note the moment for each progress."""
        now = time.time()
        *events, self._unread = (self._unread + data).split(b"\n\n")
        for event in events:
            if b"event: progress\n" in event:
                said = json.loads(event.partition(b"data: ")[2])
                if said["message"]:
                    self._arrivals.note(said["message"], now - float(said["message"]))
            elif b"event: result\n" in event and not self.over.done():
                self.over.set_result(None)


async def _listen(plan: ListenersPlan) -> list[tuple[float, float]]:
    loop = asyncio.get_running_loop()
    address = urlsplit(plan.url)
    host, port = str(address.hostname), int(address.port or 80)
    arrivals = Arrivals(plan.streams // len(plan.paths), plan.warm_up * len(plan.paths))
    head = "".join(f"{name}: {value}\r\n" for name, value in plan.headers.items())
    over = []
    for number in range(plan.streams):
        path = plan.paths[number % len(plan.paths)]
        request = f"GET {path} HTTP/1.1\r\nHost: bench\r\n{head}\r\n".encode()
        client = partial(Listener, request, arrivals)
        _, listener = await loop.create_connection(client, host, port)
        over.append(listener.over)
    async with asyncio.timeout(_TIMEOUT):
        await arrivals.warm
        print("warm", flush=True)
        await asyncio.gather(*over)
    return arrivals.whole()


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    print(json.dumps(uvloop.run(_listen(ListenersPlan(**given)))))
