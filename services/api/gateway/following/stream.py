"""The answer that stays open: what a listener is told, until the end of its task."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from prometheus_client import CollectorRegistry, Gauge
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.artifacts.links import ArtifactLinks
from gateway.config import GatewaySettings
from gateway.database import Pool
from gateway.following.feed import EventFeed
from gateway.following.listener import Listener
from gateway.following.messages import HEARTBEAT
from gateway.following.places import StreamPlaces
from gateway.problems import DatabaseUnavailable

#: Milliseconds after which a browser that has lost the stream asks again.
_BEGINNING = b"retry: 1000\n\n"
_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    # Reverse proxies that gather answers before they pass them on.
    "x-accel-buffering": "no",
}


class Following:
    """Streams of this process: their feed, and how many there may be."""

    def __init__(
        self,
        pool: Pool,
        links: ArtifactLinks,
        settings: GatewaySettings,
        metrics: CollectorRegistry,
    ) -> None:
        self.feed = EventFeed(pool, links)
        self.places = StreamPlaces(settings.event_streams, settings.event_streams_per_key)
        self.settings = settings
        open_streams = Gauge("warren_event_streams", "Event streams", registry=metrics)
        open_streams.set_function(lambda: self.places.count)


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants to follow which task, and the last event that it has seen."""

    key: str
    task_id: UUID
    last_event_id: int | None
    #: Whether the key is still taken.
    is_allowed: Callable[[], Awaitable[bool]]


class EventStream(Response):
    """Server-sent events; 204 if the task has ended and everything was seen.

    Raises TooManyStreams, NoStreamFree or DatabaseUnavailable before it begins. It ends with the
    task, with its client, with the process, with its key, which is looked at as often as it is kept
    alive, and after a while. Its client then goes on with the last id that it has seen.
    """

    def __init__(self, following: Following, wish: Wish) -> None:
        super().__init__()
        self._following = following
        self._wish = wish

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until one side has enough."""
        wish, following = self._wish, self._following
        with (
            following.places.taken(wish.key),
            following.feed.listening(wish.task_id, wish.last_event_id) as listener,
        ):
            first = await listener.next(following.settings.statement_timeout)
            if not first and not listener.is_finished:
                raise DatabaseUnavailable("the task cannot be read now; try again in a moment")
            if not first:
                await Response(status_code=204)(scope, receive, send)
                return
            await self._send_until_either_leaves(listener, first, receive, send)

    async def _send_until_either_leaves(
        self, listener: Listener, first: bytes, receive: Receive, send: Send
    ) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _raw(_HEADERS)})
        sides = [
            asyncio.create_task(self._tell(listener, first, send)),
            asyncio.create_task(_left(receive)),
        ]
        try:
            await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for side in sides:
                side.cancel()
            await asyncio.gather(*sides, return_exceptions=True)

    async def _tell(self, listener: Listener, first: bytes, send: Send) -> None:
        settings = self._following.settings
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + settings.event_stream_seconds
        looked_at = loop.time()
        said = _BEGINNING + first
        while True:
            await send({"type": "http.response.body", "body": said, "more_body": True})
            patience = min(settings.event_heartbeat, ends_at - loop.time())
            if (listener.is_over and listener.has_nothing) or patience <= 0:
                break
            if loop.time() >= looked_at + settings.event_heartbeat:
                looked_at = loop.time()
                if not await self._wish.is_allowed():
                    break
            said = await listener.next(patience) or HEARTBEAT
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
