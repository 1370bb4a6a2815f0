"""Connections that are only made to addresses that were checked after the name was resolved."""

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore

from warren.outbound.errors import AddressRefused, OutOfTime
from warren.outbound.resolving import resolve
from warren.outbound.rules import OutboundRules

SocketOption = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)


class Deadline:
    """A moment by which everything is to be done; `left` shortens the time-outs of single steps."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._at = time.monotonic() + seconds

    def left(self, timeout: float | None) -> float:
        """Seconds that a step may take; raises OutOfTime when there are none."""
        remaining = self._at - time.monotonic()
        if remaining <= 0:
            raise OutOfTime(f"not done within {self._seconds:g} seconds")
        return remaining if timeout is None else min(timeout, remaining)

    @contextmanager
    def kept(self, timeout: float | None) -> Iterator[float]:
        """Around a step, which gets the seconds that it may take; raises OutOfTime."""
        try:
            yield self.left(timeout)
        except httpcore.TimeoutException:
            # Whose time-out it was: ours for the whole, or that of the step.
            self.left(timeout)
            raise


class GuardedBackend(httpcore.NetworkBackend):
    """Resolves, checks and connects by itself, so that no second resolution can say otherwise."""

    def __init__(self, rules: OutboundRules, deadline: Deadline) -> None:
        self._rules = rules
        self._deadline = deadline
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first checked address that answers; raises AddressRefused."""
        found = resolve(host, port, self._deadline.left(timeout), self._rules.field)
        allowed = [address for address in found if self._rules.allows(address)]
        if not allowed:
            raise AddressRefused(
                f"{host} lies at no public address, and is not called", field=self._rules.field
            )
        for address in allowed[:-1]:
            try:
                return self._connect(address, port, timeout, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._connect(allowed[-1], port, timeout, socket_options)

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        """Never."""
        raise AddressRefused("sockets of this machine are not called", field=self._rules.field)

    def _connect(
        self,
        address: str,
        port: int,
        timeout: float | None,
        options: Iterable[SocketOption] | None,
    ) -> httpcore.NetworkStream:
        with self._deadline.kept(timeout) as left:
            stream = self._plain.connect_tcp(address, port, left, None, options)
        return _TimedStream(stream, self._deadline)


class _TimedStream(httpcore.NetworkStream):
    """No step goes beyond the deadline, however little the other side sends at a time."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with self._deadline.kept(timeout) as left:
            return self._stream.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with self._deadline.kept(timeout) as left:
            self._stream.write(buffer, left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        with self._deadline.kept(timeout) as left:
            secured = self._stream.start_tls(ssl_context, server_hostname, left)
        return _TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
