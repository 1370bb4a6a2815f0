"""Whether the broker answers and takes messages, asked all the time and told at once.

RabbitMQ tells a connection that it is short of memory or disk only once that connection publishes.
So the watch publishes an empty message that no queue takes, every two seconds, with a confirm.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import pika

from warren.messaging.connection import ConnectionThread

#: The default exchange drops what is sent to a queue that does not exist.
_NOWHERE = "warren.nowhere"
_EVERY = 2.0
#: Seconds after which a broker that has not confirmed counts as silent.
_PATIENCE = 3.0


class BrokerWatch:
    """Keeps one connection; `problem` never waits."""

    def __init__(
        self, amqp_url: str, *, name: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._thread = ConnectionThread(amqp_url, name, self)
        self._clock = clock
        self._channel: Any = None
        self._asked_at: float | None = None
        self._ask_next_at = 0.0
        self._round_trip: float | None = None
        self._settled = threading.Event()

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def close(self, timeout: float) -> None:
        """Stop watching, within `timeout` seconds."""
        self._thread.close(timeout)

    def wait(self, timeout: float) -> None:
        """Wait until a first answer or failure is known, `timeout` seconds at most."""
        self._settled.wait(timeout)

    @property
    def problem(self) -> str | None:
        """What keeps the broker from taking messages, in words; None if nothing does."""
        if not self._thread.connected:
            return f"no connection ({self._thread.failure or 'connecting'})"
        if self._thread.blocked:
            return "it takes no messages: it is short of memory or disk (a resource alarm)"
        asked_at = self._asked_at
        if asked_at is not None and self._clock() - asked_at > _PATIENCE:
            return f"it has not answered for {self._clock() - asked_at:.0f} s"
        return None

    @property
    def round_trip(self) -> float | None:
        """Seconds that the broker took to confirm the last message; None before the first."""
        return self._round_trip

    def on_open(self, connection: pika.SelectConnection) -> None:
        connection.channel(on_open_callback=self._on_channel)

    def on_wake(self) -> None:
        """The broker takes messages again: ask anew."""
        self._asked_at = None

    def on_tick(self) -> None:
        if not self._thread.connected and self._thread.failure:
            self._settled.set()
        now = self._clock()
        if self._channel is not None and self._asked_at is None and now >= self._ask_next_at:
            self._ask(now)

    def on_lost(self, reason: str) -> None:
        self._channel = None
        self._asked_at = None

    def _on_channel(self, channel: Any) -> None:
        channel.confirm_delivery(self._on_answer, lambda _frame: self._on_ready(channel))

    def _on_ready(self, channel: Any) -> None:
        self._channel = channel
        self._ask(self._clock())

    def _ask(self, now: float) -> None:
        self._asked_at, self._ask_next_at = now, now + _EVERY
        self._channel.basic_publish("", _NOWHERE, b"")

    def _on_answer(self, _frame: Any) -> None:
        if self._asked_at is not None:
            self._round_trip = self._clock() - self._asked_at
        self._asked_at = None
        self._settled.set()
