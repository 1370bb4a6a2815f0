"""A client's side of one connection: the next request goes out when the last answer is there."""

import asyncio
from collections.abc import Callable, Sequence
from time import perf_counter

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"


class Tally:
    """What all connections saw within the measured time; latencies in seconds."""

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self.failures = 0
        self.is_measuring = False

    def answered(self, is_expected: bool, seconds: float) -> None:
        """Count an answer, if now is the time for it."""
        if not self.is_measuring:
            return
        if is_expected:
            self.latencies.append(seconds)
        else:
            self.failures += 1


class ClosedLoop(asyncio.Protocol):
    """Sends its requests in turn over one keep-alive connection, for as long as that is open.

    It knows no more of HTTP than it needs: answers with a Content-Length, and 304 without a body.
    A connection that the server closes is counted as a failure, and is not opened again.
    """

    def __init__(self, requests: Sequence[bytes], first: int, expected: int, tally: Tally) -> None:
        self._requests = requests
        self._next = first
        self._expected = b"HTTP/1.1 %d " % expected
        self._tally = tally
        self._answer = bytearray()
        self._left = 0
        self._is_expected = False
        self._write: Callable[[bytes], None] = lambda _: None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin."""
        self._write = transport.write
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever closed it, an answer was still due."""
        self._tally.answered(False, 0.0)

    def data_received(self, data: bytes) -> None:
        """Collect one answer, then send the next request."""
        if self._left:
            self._left -= len(data)
        else:
            self._answer += data
            end = self._answer.find(_END_OF_HEAD)
            if end < 0:
                return
            self._read_head(bytes(self._answer[:end]), len(self._answer) - end - 4)
            self._answer.clear()
        if self._left == 0:
            self._tally.answered(self._is_expected, perf_counter() - self._sent)
            self._send()

    def _read_head(self, head: bytes, behind: int) -> None:
        self._is_expected = head.startswith(self._expected)
        length = 0
        # Headers of the servers measured here are written in lower case.
        if (begin := head.find(_LENGTH)) >= 0:
            length = int(head[begin + len(_LENGTH) :].split(b"\r\n", 1)[0])
        self._left = length - behind

    def _send(self) -> None:
        self._sent = perf_counter()
        self._write(self._requests[self._next % len(self._requests)])
        self._next += 1
