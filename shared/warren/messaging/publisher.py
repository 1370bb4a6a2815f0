"""Publishing with pipelined confirms: one thread, one connection, any number of callers."""

import threading
import time
from concurrent.futures import Future
from typing import Any

import pika
import structlog
from pika.exceptions import ChannelClosedByBroker

from warren.messaging.closures import Closure
from warren.messaging.connection import ConnectionThread, describe
from warren.messaging.errors import (
    MessageTooLarge,
    PublisherClosed,
    PublishRefused,
    Unroutable,
)
from warren.messaging.measures import messaging_numbers
from warren.messaging.publish_window import Outgoing, PublishWindow
from warren.messaging.topology import BASE_QUEUES, declare_exchanges, declare_queue

#: RabbitMQ 4 accepts no larger message unless it is configured to (3.10: 128 MiB).
MAX_MESSAGE_BYTES = 16 * 1024 * 1024
#: Messages written in one go, before the loop looks at its socket again.
_BURST = 256
#: Seconds before a channel that the broker closed is opened again.
_REOPEN_DELAY = 0.1
#: Channels closed over a message before that message is given up.
_MAX_CLOSURES = 3


class Publisher:
    """Publishes persistent messages and tells when the broker has taken responsibility for them.

    Survives the broker: what was not confirmed is published again after a reconnect, so a message
    may arrive twice, and order is kept except around such repetitions. `timeout` is in seconds,
    from `publish` to the confirm. Callbacks of the futures run in the publisher's thread and must
    be quick.
    """

    def __init__(self, amqp_url: str, *, name: str, timeout: float) -> None:
        self._timeout = timeout
        self._log = structlog.get_logger("warren.messaging").bind(connection=name)
        self._thread = ConnectionThread(amqp_url, name, self)
        self._window = PublishWindow()
        #: Queues to declare with every new channel; a dict because its order is kept.
        self._queues: dict[str, None] = dict.fromkeys(sorted(BASE_QUEUES))
        self._undeclared: list[str] = []
        self._connection: Any = None
        self._channel: Any = None
        self._closed = False
        #: Between `publish` and `close`: nothing is added to the window once it is closed.
        self._admission = threading.Lock()
        self._drained = threading.Event()

    def start(self) -> None:
        """Start connecting; `publish` may be called already before."""
        self._thread.start()

    @property
    def connected(self) -> bool:
        """Whether the broker is there and takes messages."""
        return self._thread.connected and not self._thread.blocked

    @property
    def connected_seconds(self) -> float:
        """How long the present connection has been open; 0 without one."""
        return self._thread.connected_seconds

    def close(self, timeout: float) -> None:
        """Wait for outstanding confirms, at most `timeout` seconds, then close the connection.

        What has no confirm then fails with PublisherClosed. May be repeated, in any state.
        """
        deadline = time.monotonic() + timeout
        with self._admission:
            self._closed = True
        if self._window and self._thread.running:
            self._thread.wake()
            self._drained.wait(timeout)
        self._thread.close(max(1.0, deadline - time.monotonic()))
        self._window.fail_all(PublisherClosed("the publisher was closed before the confirm"))

    def ensure_queue(self, name: str) -> None:
        """Declare the job queue `name` before what is published from now on, and whenever the
        broker comes back; returns at once."""
        if name not in self._queues:
            self._queues[name] = None
            self._undeclared.append(name)
            self._thread.wake()

    def publish(
        self,
        routing_key: str,
        body: bytes,
        *,
        exchange: str = "",
        message_id: str | None = None,
        mandatory: bool = True,
    ) -> Future[None]:
        """Publish a message; the future ends with the broker's confirm.

        It fails with Unroutable (`mandatory`, and no queue takes it), PublishRefused,
        PublishTimeout, PublisherClosed or MessageTooLarge. Never blocks.
        """
        deadline = time.monotonic() + self._timeout
        future: Future[None] = Future()
        item = Outgoing(exchange, routing_key, body, message_id, mandatory, deadline, future)
        if len(body) > MAX_MESSAGE_BYTES:
            item.fail(MessageTooLarge(f"{len(body)} bytes to {routing_key}: store an artifact"))
            return future
        with self._admission:
            if self._closed:
                item.fail(PublisherClosed("the publisher is closed"))
                return future
            self._window.add(item)
        self._thread.wake()
        return future

    def on_open(self, connection: pika.SelectConnection) -> None:
        self._connection = connection
        self._open_channel()

    def on_wake(self) -> None:
        self._send()

    def on_tick(self) -> None:
        self._window.expire(time.monotonic())
        self._check_drained()

    def on_lost(self, reason: str) -> None:
        self._connection = self._channel = None
        self._window.restart()

    def _open_channel(self) -> None:
        if self._connection is not None and self._connection.is_open:
            self._connection.channel(on_open_callback=self._on_channel_open)

    def _on_channel_open(self, channel: Any) -> None:
        channel.add_on_close_callback(self._on_channel_closed)
        channel.add_on_return_callback(self._on_return)
        self._undeclared = []
        declare_exchanges(channel)
        for name in list(self._queues):
            declare_queue(channel, name)
        # The broker's answer also tells that it accepted all declarations before it.
        channel.confirm_delivery(self._on_answer, lambda _frame: self._on_ready(channel))

    def _on_ready(self, channel: Any) -> None:
        self._channel = channel
        self._send()

    def _send(self) -> None:
        channel = self._channel
        if channel is None or not channel.is_open or self._thread.blocked:
            return
        while self._undeclared:
            declare_queue(channel, self._undeclared.pop(0))
        for sent, (tag, item) in enumerate(self._window.to_send(), start=1):
            channel.basic_publish(
                item.exchange, item.routing_key, item.body, _properties(item, tag), item.mandatory
            )
            if sent == _BURST:
                self._thread.wake()
                break
        self._check_drained()

    def _on_return(self, _channel: Any, method: Any, properties: Any, _body: bytes) -> None:
        self._window.returned(int(properties.correlation_id), method.reply_text)

    def _on_answer(self, frame: Any) -> None:
        method = frame.method
        refused = method.NAME == "Basic.Nack"
        answered = self._window.answered(method.delivery_tag, method.multiple)
        if answered and not refused:
            messaging_numbers().confirmed(len(answered), answered[0].deadline - self._timeout)
        for item in answered:
            if refused:
                item.fail(PublishRefused(f"the broker refused a message to {item.routing_key}"))
            elif item.returned is not None:
                self._on_unroutable(item)
            else:
                item.future.set_result(None)
        self._send()

    def _on_unroutable(self, item: Outgoing) -> None:
        """A queue of ours that somebody deleted is declared again, once for each message."""
        if item.exchange == "" and item.routing_key in self._queues and not item.redeclared:
            item.redeclared, item.returned = True, None
            declare_queue(self._channel, item.routing_key)
            self._window.put_back(item)
            return
        item.fail(Unroutable(f"no queue takes messages to {item.routing_key!r}: {item.returned}"))

    def _on_channel_closed(self, _channel: Any, reason: Exception) -> None:
        self._channel = None
        if isinstance(reason, ChannelClosedByBroker):
            self._log.error("the broker closed the publishing channel", reason=describe(reason))
            closure = Closure.parse(reason.reply_code, reason.reply_text)
            # A queue that exists with other arguments takes messages all the same.
            self._queues.pop(closure.mismatched_queue or "", None)
            # A stream that is away must not keep messages from the other queues; who publishes
            # to it asks for it again.
            self._queues.pop(closure.inaccessible_queue or "", None)
            self._window.fail_if(lambda item: closure.verdict(item, _MAX_CLOSURES))
        self._window.restart()
        self._thread.call_later(_REOPEN_DELAY, self._open_channel)

    def _check_drained(self) -> None:
        if self._closed and not self._window:
            self._drained.set()


def _properties(item: Outgoing, tag: int) -> pika.BasicProperties:
    return pika.BasicProperties(
        content_type="application/json",
        delivery_mode=pika.DeliveryMode.Persistent.value,
        message_id=item.message_id,
        # A message that is returned comes back with it, so that we know which one it was.
        correlation_id=str(tag),
    )
