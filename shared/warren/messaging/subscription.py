"""One queue's channel and consumer. Everything here runs in the connection's thread."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from pika import spec
from pika.exceptions import ChannelClosedByBroker

from warren.messaging.ack_window import AckWindow
from warren.messaging.closures import Closure
from warren.messaging.connection import ConnectionThread, describe
from warren.messaging.delivery import Delivery, delivery_count
from warren.messaging.inbox import Inbox
from warren.messaging.topology import DEAD_QUEUE, declare_exchanges, declare_queue

#: Seconds until a channel that was closed, or failed to open, is opened again.
_FIRST_DELAY, _LONGEST_DELAY = 0.1, 2.0
#: Seconds without a delivery after which none is believed to be on its way. Ends only the stops
#: of a worker with an empty queue: with a full one, the prefetch is used up long before.
_QUIET = 0.15


class Subscription:
    """Consumes one queue: declares it, subscribes, and does so again when the channel is lost."""

    def __init__(self, queue: str, prefetch: int, inbox: Inbox, thread: ConnectionThread) -> None:
        self.queue = queue
        #: May be set from any thread; followed when it is off by a factor of two.
        self.wanted_prefetch = prefetch
        self._prefetch = prefetch
        self._inbox = inbox
        self._thread = thread
        self._log = structlog.get_logger("warren.messaging").bind(queue=queue)
        self._connection: Any = None
        self._channel: Any = None
        self._consumer_tag: str | None = None
        self._epoch = 0
        self._window = AckWindow()
        self._declares = True
        self._stopped = False
        self._received = 0
        self._late: list[Delivery] = []
        self._closing = False
        self._cancelled: set[str] = set()
        #: Nothing will be delivered any more, because of `stop`.
        self.ended = threading.Event()
        self._delay = _FIRST_DELAY

    @property
    def active(self) -> bool:
        """Whether the broker delivers from this queue."""
        return self._consumer_tag is not None

    def is_current(self, delivery: Delivery) -> bool:
        """False once the channel that brought the delivery is gone."""
        return delivery.epoch == self._epoch

    def open(self, connection: Any) -> None:
        """Open a channel on a connection and subscribe."""
        self._connection = connection
        self._reopen()

    def lost(self) -> None:
        """The connection is gone."""
        self._connection = None
        self._end_epoch()

    def stop(self) -> None:
        """Have nothing more delivered, and set `ended`; what was, can still be settled."""
        if not self._stopped:
            self._stopped = True
            self._close_consumer()
            self._check_ended()

    def _close_consumer(self) -> None:
        """Cancel it when nothing can be on its way.

        RabbitMQ returns what is on its way to a cancelled consumer, and counts that as a failed
        delivery. So the cancel waits until nothing is: acks are held back until all that may be
        delivered has come, or nothing comes any more.
        """
        if self._consumer_tag is not None and not self._closing:
            self._closing = True
            self._cancel_if_nothing_is_coming(seen=-1)

    def _cancel_if_nothing_is_coming(self, seen: int) -> None:
        if not self._closing:
            return
        if self._is_full() or seen == self._received:
            self._cancel()
            self._check_ended()
            return
        received = self._received
        self._thread.call_later(_QUIET, lambda: self._cancel_if_nothing_is_coming(received))

    def _is_full(self) -> bool:
        tag = self._consumer_tag
        return tag is not None and self._window.held_by(tag) >= self._prefetch

    def _cancel(self) -> None:
        """Cancel the consumer; what comes before the broker's answer is received as before."""
        tag, self._consumer_tag, self._closing = self._consumer_tag, None, False
        if tag is not None and self._is_open():
            self._cancelled.add(tag)
            self._channel.basic_cancel(tag, callback=_ignore)
            # By itself pika rejects what still comes, and the broker counts that as failed.
            self._channel._cancelled.discard(tag)
        late, self._late = self._late, []
        self.ack(late)

    def _check_ended(self) -> None:
        if self._stopped and self._consumer_tag is None and not self._cancelled:
            self.ended.set()

    def ack(self, deliveries: Iterable[Delivery]) -> None:
        """Ack those that came by the present channel."""
        if self._closing:
            self._late += deliveries
            return
        tags = [delivery.tag for delivery in deliveries if self.is_current(delivery)]
        for tag, multiple in self._window.acks(tags) if self._is_open() else ():
            self._channel.basic_ack(tag, multiple)

    def requeue(self, delivery: Delivery) -> None:
        """Give it back, to be delivered again."""
        if self._takes_out(delivery):
            self._channel.basic_nack(delivery.tag, requeue=True)

    def reject(self, delivery: Delivery) -> None:
        """Have it dead-lettered."""
        if self._takes_out(delivery):
            self._channel.basic_reject(delivery.tag, requeue=False)

    def _takes_out(self, delivery: Delivery) -> bool:
        """Whether the delivery is still to be settled, and can be."""
        return self.is_current(delivery) and self._is_open() and self._window.settle(delivery.tag)

    def _is_open(self) -> bool:
        return self._channel is not None and bool(self._channel.is_open)

    def _reopen(self) -> None:
        connection = self._connection
        if connection is not None and connection.is_open and self._channel is None:
            connection.channel(on_open_callback=self._on_channel_open)

    def _on_channel_open(self, channel: Any) -> None:
        self._channel = channel
        channel.add_on_close_callback(self._on_channel_closed)
        channel.add_on_cancel_callback(self._on_cancelled)
        # A callback of basic_cancel is called by the answer to any cancel of the channel.
        channel.add_callback(self._on_cancel_ok, [spec.Basic.CancelOk], one_shot=False)
        if self._declares:
            declare_exchanges(channel)
            declare_queue(channel, DEAD_QUEUE)
            declare_queue(channel, self.queue)
        if not self._stopped:
            self._begin(channel)

    def _begin(self, channel: Any) -> None:
        self._subscribe(channel, self.wanted_prefetch)

    def _subscribe(self, channel: Any, prefetch: int) -> None:
        self._prefetch = prefetch
        channel.basic_qos(prefetch_count=self._prefetch, callback=_ignore)
        self._consumer_tag = channel.basic_consume(
            self.queue, self._receiver(self._epoch), callback=self._on_subscribed
        )

    def _on_subscribed(self, _frame: Any) -> None:
        self._works()

    def _works(self) -> None:
        self._delay = _FIRST_DELAY

    def _receiver(self, epoch: int) -> Callable[[Any, Any, Any, bytes], None]:
        def receive(channel: Any, method: Any, properties: Any, body: bytes) -> None:
            # What was asked for came to no consumer.
            tag = getattr(method, "consumer_tag", "")
            self._window.delivered(method.delivery_tag, tag)
            self._received += 1
            delivery = Delivery(
                queue=self.queue,
                body=body,
                properties=properties,
                redelivered=method.redelivered,
                delivery_count=delivery_count(properties, method.redelivered),
                epoch=epoch,
                tag=method.delivery_tag,
            )
            self._take_in(delivery)

        return receive

    def _take_in(self, delivery: Delivery) -> None:
        if not self._inbox.put(delivery):
            self.requeue(delivery)
        self.follow_wanted_prefetch()

    def follow_wanted_prefetch(self) -> None:
        """Subscribe anew where the prefetch is far off.

        Only while all that may be delivered is: then nothing is on its way to the consumer that
        is cancelled, which the broker would count as a failed delivery.
        """
        wanted = self.wanted_prefetch
        if self._closing or (self._prefetch < 2 * wanted and wanted < 2 * self._prefetch):
            return
        if self._is_full():
            self._cancel()
            self._subscribe(self._channel, wanted)

    def _on_cancel_ok(self, frame: Any) -> None:
        self._cancelled.discard(frame.method.consumer_tag)
        self._check_ended()

    def _on_cancelled(self, _frame: Any) -> None:
        """The broker has cancelled the consumer: the queue was deleted, or moves."""
        self._log.warning("the broker ended the subscription; subscribing again")
        if self._is_open():
            self._channel.close()

    def _on_channel_closed(self, channel: Any, reason: Exception) -> None:
        if channel is not self._channel:
            return
        unsettled = len(self._window)
        self._end_epoch()
        if isinstance(reason, ChannelClosedByBroker):
            self._log.error(
                "the broker closed the channel; what was not settled comes again",
                reason=describe(reason),
                unsettled=unsettled,
            )
            mismatched = Closure.parse(reason.reply_code, reason.reply_text).mismatched_queue
            # It exists, if not quite as we would declare it: good enough to consume from.
            self._declares = self._declares and mismatched is None
        self._thread.call_later(self._delay, self._reopen)
        self._delay = min(self._delay * 2, _LONGEST_DELAY)

    def _end_epoch(self) -> None:
        self._channel = self._consumer_tag = None
        self._closing = False
        self._cancelled = set()
        self._check_ended()
        self._late = []
        self._epoch += 1
        self._window = AckWindow()
        self._inbox.discard(self.queue)


def _ignore(_frame: Any) -> None:
    """pika waits for the broker's answer only if somebody wants it."""
