"""HTTP on a connection, with bounds on how long and how large the head of a request may be.

uvicorn bounds neither: a client that sends its headers byte by byte, or nothing at all, would keep
its connection for ever; as would one that takes nothing of its answer. Bodies of requests are
bounded where they are read.
"""

import asyncio
from asyncio.events import TimerHandle
from http import HTTPStatus
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Request line and headers together; servers in front of us rarely let more through.
_LARGEST_HEAD = 64 * 1024


class BoundedProtocol(HttpToolsProtocol):
    """Answers 408 to a head that is not there in `head_timeout` seconds, 431 to one too large.

    Cuts off a client that takes nothing of an answer for `reader_timeout` seconds.
    """

    head_timeout = 10.0
    reader_timeout = 60.0

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._timer: TimerHandle | None = None
        self._reader_timer: TimerHandle | None = None
        self._head_bytes = 0
        #: Whether what comes next belongs to a head.
        self._between = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._reader_goes_on()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._reader_timer = self.loop.call_later(self.reader_timeout, self.transport.abort)

    def resume_writing(self) -> None:
        self._reader_goes_on()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        if self._between:
            # Also for bytes that begin no request yet, such as empty lines.
            self._await_head()
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > _LARGEST_HEAD:
            self._refuse(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                f"request line and headers may have {_LARGEST_HEAD} bytes in all",
            )

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        self._stop_timer()
        self._between = False
        self._head_bytes = 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._between = True

    def _reader_goes_on(self) -> None:
        if self._reader_timer is not None:
            self._reader_timer.cancel()
            self._reader_timer = None

    def _await_head(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self.head_timeout, self._head_is_late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _head_is_late(self) -> None:
        self._timer = None
        if self.cycle is not None and not self.cycle.response_complete:
            # It sends its next request while we answer the last one, which must not be cut off.
            self._await_head()
            return
        self._refuse(
            HTTPStatus.REQUEST_TIMEOUT,
            f"request line and headers were not complete after {self.head_timeout:g} s",
        )

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        if self.transport.is_closing():
            return
        problem = {
            "type": "about:blank",
            "title": status.phrase,
            "status": status.value,
            "detail": detail,
        }
        body = orjson.dumps(problem)
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()


def bounded(head: float, reader: float) -> type[BoundedProtocol]:
    """The protocol with this patience, in seconds."""

    class Bounded(BoundedProtocol):
        head_timeout = head
        reader_timeout = reader

    return Bounded
