"""One AMQP connection, kept open by a thread of its own."""

import random
import threading
import time
from collections.abc import Callable
from typing import Protocol

import pika
import structlog
from pika.adapters.select_connection import IOLoop
from pika.exceptions import AMQPError

from warren.messaging.measures import messaging_numbers
from warren.messaging.pika_logging import quieten_pika

#: Seconds. RabbitMQ gives up a silent peer, and hands what it held to others, after two to three.
HEARTBEAT = 10
#: Seconds for the whole way from the socket to an open connection.
SETUP_TIMEOUT = 10.0
#: Seconds between two calls of the owner's `tick`.
TICK = 0.5
#: Seconds to wait before connecting again; doubled by every failure up to the second one.
_FIRST_DELAY, _LONGEST_DELAY = 0.05, 2.0
#: Seconds for which a process that has just started expects that its broker starts with it, and
#: asks again sooner.
_EARLY, _LONGEST_EARLY_DELAY = 10.0, 0.25
#: Seconds between two log lines about the same lasting failure.
_REPEAT = 30.0


class ConnectionOwner(Protocol):
    """Who uses the connection. All calls come from the connection's thread."""

    def on_open(self, connection: pika.SelectConnection) -> None:
        """A new connection is open; channels and callbacks of the last one are void."""

    def on_wake(self) -> None:
        """Somebody called `wake`."""

    def on_tick(self) -> None:
        """Half a second has passed, with or without a connection."""

    def on_lost(self, reason: str) -> None:
        """The connection that `on_open` gave is gone."""


class ConnectionThread:
    """Connects, services heartbeats, and connects again after a loss, until it is closed.

    `name` shows in the broker's list of connections and in the name of the thread.
    """

    def __init__(
        self, amqp_url: str, name: str, owner: ConnectionOwner, heartbeat: int = HEARTBEAT
    ) -> None:
        self._parameters = pika.URLParameters(amqp_url)
        self._parameters.heartbeat = heartbeat
        self._parameters.client_properties = {"connection_name": name}
        self._parameters.socket_timeout = SETUP_TIMEOUT / 2
        self._parameters.stack_timeout = SETUP_TIMEOUT
        self._parameters.connection_attempts = 1
        self._owner = owner
        self._name = name
        self._log = structlog.get_logger("warren.messaging").bind(connection=name)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._closing = threading.Event()
        # The loop of the current connection; the lock keeps others from waking a closed one.
        self._loop: IOLoop | None = None
        self._loop_lock = threading.Lock()
        self._woken = False
        self._connection: pika.SelectConnection | None = None
        self._opened = False
        self._opened_at = 0.0
        self._dropped = False
        self._blocked = False
        self._failure = ""
        self._last_failure = ""
        self._told = ("", 0.0)

    def start(self) -> None:
        """Start the thread; returns at once, connected or not."""
        quieten_pika()
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether the thread was started and has not ended."""
        return self._thread.is_alive()

    @property
    def connected(self) -> bool:
        """Whether the connection is open now."""
        return self._opened

    @property
    def connected_seconds(self) -> float:
        """How long the present connection has been open; 0 without one."""
        return time.monotonic() - self._opened_at if self._opened else 0.0

    @property
    def blocked(self) -> bool:
        """Whether the broker takes no messages for want of memory or disk."""
        return self._blocked

    @property
    def failure(self) -> str:
        """Why the last attempt to connect came to nothing, or the last connection ended."""
        return self._last_failure

    def wake(self) -> None:
        """Have the owner's `on_wake` called soon; cheap when that is due already."""
        if self._woken:
            return
        self._woken = True
        self._call(self._on_wake)

    def close(self, timeout: float) -> None:
        """Close the connection and end the thread, within `timeout` seconds; may be repeated."""
        self._closing.set()
        self._call(self._hang_up)
        if self._thread.is_alive():
            self._thread.join(timeout)
        if self._thread.is_alive():
            self._log.warning("the broker did not answer the close; the connection is dropped")
            self._call(self._drop)
            self._thread.join(1)

    def reconnect(self, reason: str) -> None:
        """Drop the connection, without a word to the broker, and open another.

        Only from the connection's thread.
        """
        self._failure = reason
        self._drop()

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call back after some seconds, unless this connection ends before.

        Only from the connection's thread.
        """
        if self._loop is not None:
            self._loop.call_later(seconds, callback)

    def _call(self, callback: Callable[[], None]) -> None:
        with self._loop_lock:
            if self._loop is not None:
                self._loop.add_callback_threadsafe(callback)

    def _run(self) -> None:
        delay, early_until = _FIRST_DELAY, time.monotonic() + _EARLY
        while not self._closing.is_set():
            was_open = self._serve_one_connection()
            if self._closing.is_set():
                return
            self._last_failure = self._failure
            self._tell_failure()
            if was_open:
                delay, early_until = _FIRST_DELAY, 0.0
            else:
                early = time.monotonic() < early_until
                delay = min(delay * 2, _LONGEST_EARLY_DELAY if early else _LONGEST_DELAY)
            self._owner.on_tick()
            self._closing.wait(delay * random.uniform(0.5, 1))

    def _tell_failure(self) -> None:
        """One line for each new reason, and one in so many seconds while it lasts."""
        now = time.monotonic()
        if self._failure != self._told[0] or now - self._told[1] > _REPEAT:
            self._told = (self._failure, now)
            self._log.warning("no connection to the broker, trying again", reason=self._failure)

    def _serve_one_connection(self) -> bool:
        """Returns when the connection is gone; True if it was open at all."""
        was_open = False
        loop = self._begin()
        try:
            self._run_loop(loop)
        finally:
            was_open, self._opened, self._blocked = self._opened, False, False
            with self._loop_lock:
                self._loop = None
            loop.close()
            if was_open:
                self._count_end()
                self._owner.on_lost(self._failure)
        return was_open

    def _count_end(self) -> None:
        numbers = messaging_numbers()
        numbers.closed()
        if not self._closing.is_set():
            numbers.lost()

    def _begin(self) -> IOLoop:
        loop = IOLoop()
        with self._loop_lock:
            self._loop = loop
        # What was asked for before this line is looked at in `on_open`.
        self._woken = False
        self._failure = "closed"
        self._dropped = False
        connection = pika.SelectConnection(
            self._parameters,
            on_open_callback=self._on_open,
            on_open_error_callback=self._on_gone,
            on_close_callback=self._on_gone,
            custom_ioloop=loop,
        )
        self._connection = connection
        connection.add_on_connection_blocked_callback(lambda *_: self._on_blocked(True))
        connection.add_on_connection_unblocked_callback(lambda *_: self._on_blocked(False))
        loop.call_later(SETUP_TIMEOUT, self._check_setup)
        loop.call_later(TICK, self._tick)
        if self._closing.is_set():
            loop.add_callback_threadsafe(self._hang_up)
        return loop

    def _run_loop(self, loop: IOLoop) -> None:
        """Serve until the connection is gone; a fault of ours or of pika's costs no more."""
        for _ in range(2):
            try:
                loop.start()
            except Exception as error:  # noqa: BLE001 - the thread must go on
                if self._dropped:
                    # pika asserts otherwise when a connection is ended before it is open.
                    return
                self._log.exception("the connection failed inside the client")
                self.reconnect(repr(error))
                loop.call_later(1, loop.stop)
            else:
                return

    def _on_open(self, connection: pika.SelectConnection) -> None:
        self._opened_at = time.monotonic()
        self._opened = True
        self._told = ("", 0.0)
        self._log.info("connected to the broker")
        messaging_numbers().opened()
        self._owner.on_open(connection)

    def _on_gone(self, _connection: pika.SelectConnection, reason: BaseException) -> None:
        if self._failure == "closed":
            self._failure = describe(reason)
        if self._loop is not None:
            self._loop.stop()

    def _on_wake(self) -> None:
        # Before looking: who adds something afterwards wakes us again.
        self._woken = False
        if self._opened:
            self._owner.on_wake()

    def _on_blocked(self, blocked: bool) -> None:
        self._blocked = blocked
        if blocked:
            self._log.warning("the broker takes no messages: it is short of memory or disk")
        else:
            self._log.info("the broker takes messages again")
            self._owner.on_wake()

    def _tick(self) -> None:
        self.call_later(TICK, self._tick)
        self._owner.on_tick()

    def _check_setup(self) -> None:
        if not self._opened:
            self.reconnect(f"no connection within {SETUP_TIMEOUT:.0f} s")

    def _hang_up(self) -> None:
        connection = self._connection
        if connection is None or connection.is_closing or connection.is_closed:
            return
        if self._opened:
            connection.close()
        else:
            self._drop()

    def _drop(self) -> None:
        """End the connection without waiting for the peer, which may be gone for good."""
        connection = self._connection
        if connection is not None and not connection.is_closed:
            self._dropped = True
            # pika's public close() waits for the peer's answer for as long as that takes.
            connection._terminate_stream(AMQPError(self._failure))


def describe(reason: BaseException) -> str:
    """A pika exception in words: what the broker said, or the innermost error behind it."""
    text = getattr(reason, "reply_text", None)
    if text is not None:
        return f"{getattr(reason, 'reply_code', '')} {text}"
    inner = getattr(reason, "exceptions", None) or getattr(reason, "args", None)
    while inner and isinstance(inner[-1], BaseException):
        reason = inner[-1]
        inner = getattr(reason, "exceptions", None) or getattr(reason, "args", None)
    return str(reason) or repr(reason)
