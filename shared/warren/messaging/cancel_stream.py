"""Reading the stream of cancellations: all of it, from its beginning and then live."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pika
import structlog

from warren.messaging.connection import ConnectionThread, describe
from warren.messaging.topology import CANCELS_DAYS, CANCELS_STREAM, declare_queue

#: A stream delivers nothing without a prefetch, and nothing more without acks.
_PREFETCH = 1000
_ACK_EVERY = 200
#: Seconds until a channel that was closed is opened again. A stream can be missing for a moment
#: after its broker was restarted.
_FIRST_DELAY, _LONGEST_DELAY = 0.1, 2.0
#: Seconds between two questions whether the broker is there, and after a subscription until an
#: answer counts: what the stream holds then has been delivered by far (20,000 messages a second).
_ASK_EVERY = 1.0


class Listener(Protocol):
    """Whoever wants to know whether it hears everything."""

    def confirm(self, moment: float) -> None:
        """What was published before this moment (monotonic) has been delivered."""
        ...

    def lose(self) -> None:
        """What is published from now on may be delivered later."""
        ...


class CancelStream:
    """Calls `on_message` with the body of every message of the last seven days, in order.

    One thread and one connection of its own; `on_message` runs there and must be quick. After a
    lost connection it goes on behind the last message it has seen. A message may come twice.
    `listener` is told, also there, whether the broker still speaks with us.
    """

    def __init__(
        self,
        amqp_url: str,
        on_message: Callable[[bytes], None],
        *,
        name: str,
        stream: str = CANCELS_STREAM,
        listener: Listener | None = None,
    ) -> None:
        self._listener = listener
        #: When the unanswered question was asked, and when the next one may be.
        self._asked_at: float | None = None
        self._ask_from = 0.0
        self._on_message = on_message
        self._stream = stream
        self._log = structlog.get_logger("warren.messaging").bind(connection=name, stream=stream)
        self._thread = ConnectionThread(amqp_url, name, self)
        self._connection: Any = None
        self._channel: Any = None
        self._next_offset: int | None = None
        self._unacked = 0
        self._delay = _FIRST_DELAY
        self._subscribed = False

    def start(self) -> None:
        """Start connecting and reading."""
        self._thread.start()

    def close(self, timeout: float) -> None:
        """Close the connection and end the thread; may be repeated."""
        self._thread.close(timeout)

    def on_open(self, connection: pika.SelectConnection) -> None:
        self._connection = connection
        self._open_channel()

    def on_wake(self) -> None:
        """Nobody wakes it."""

    def on_tick(self) -> None:
        """Ask something that the broker answers, for its answer alone."""
        now, channel = time.monotonic(), self._channel
        if self._listener is None or channel is None or not channel.is_open or not self._subscribed:
            return
        if self._asked_at is None and now >= self._ask_from:
            self._asked_at = now
            self._ask_from = now + _ASK_EVERY
            channel.basic_qos(prefetch_count=_PREFETCH, callback=self._on_answered)

    def on_lost(self, reason: str) -> None:
        self._connection = self._channel = None
        self._on_deaf()

    def _on_answered(self, _frame: Any) -> None:
        if self._listener is not None and self._asked_at is not None:
            self._listener.confirm(self._asked_at)
        self._asked_at = None

    def _on_deaf(self) -> None:
        self._subscribed = False
        self._asked_at = None
        if self._listener is not None:
            self._listener.lose()

    def _open_channel(self) -> None:
        connection = self._connection
        if connection is not None and connection.is_open and self._channel is None:
            connection.channel(on_open_callback=self._on_channel_open)

    def _on_channel_open(self, channel: Any) -> None:
        self._channel = channel
        self._unacked = 0
        channel.add_on_close_callback(self._on_channel_closed)
        channel.add_on_cancel_callback(self._on_cancelled)
        declare_queue(channel, self._stream)
        channel.basic_qos(prefetch_count=_PREFETCH, callback=lambda _frame: None)
        channel.basic_consume(
            self._stream,
            self._receive,
            arguments={"x-stream-offset": self._offset()},
            callback=self._on_subscribed,
        )

    def _offset(self) -> int | datetime:
        if self._next_offset is not None:
            return self._next_offset
        return datetime.now(UTC) - timedelta(days=CANCELS_DAYS)

    def _on_subscribed(self, _frame: Any) -> None:
        self._delay = _FIRST_DELAY
        self._subscribed = True
        self._ask_from = time.monotonic() + _ASK_EVERY

    def _receive(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        try:
            self._on_message(body)
        except Exception:  # noqa: BLE001 - one bad message must not hide those behind it
            self._log.exception("a message of the stream could not be used", body=body[:200])
        self._next_offset = int((properties.headers or {})["x-stream-offset"]) + 1
        self._unacked += 1
        if self._unacked == _ACK_EVERY:
            channel.basic_ack(method.delivery_tag, multiple=True)
            self._unacked = 0

    def _on_cancelled(self, _frame: Any) -> None:
        """The stream was deleted or moves; if it is another one, its offsets begin anew."""
        self._log.warning("the broker ended the subscription; reading from the beginning again")
        self._next_offset = None
        if self._channel is not None and self._channel.is_open:
            self._channel.close()

    def _on_channel_closed(self, channel: Any, reason: Exception) -> None:
        if channel is not self._channel:
            return
        self._channel = None
        self._on_deaf()
        self._log.info("the channel was closed; opening another", reason=describe(reason))
        self._thread.call_later(self._delay, self._open_channel)
        self._delay = min(self._delay * 2, _LONGEST_DELAY)
