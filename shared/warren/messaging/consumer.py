"""Consuming from quorum queues: one thread, one connection, a channel for each queue."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

import pika
import structlog

from warren.messaging.connection import HEARTBEAT, ConnectionThread
from warren.messaging.delivery import Delivery
from warren.messaging.inbox import Inbox
from warren.messaging.subscription import Subscription

__all__ = ["Delivery", "QueueConsumer"]


class QueueConsumer:
    """Takes messages from queues (name → prefetch), the first queue's first, for any threads.

    Queues are declared when they are missing. After a lost connection or channel everything goes
    on by itself: the broker delivers again what was not settled, and settling a delivery of the
    lost channel does nothing.
    """

    def __init__(
        self,
        amqp_url: str,
        queues: Mapping[str, int],
        *,
        name: str,
        heartbeat: int = HEARTBEAT,
    ) -> None:
        self._log = structlog.get_logger("warren.messaging").bind(connection=name)
        self._thread = ConnectionThread(amqp_url, name, self, heartbeat)
        self._inbox = self._make_inbox(list(queues))
        self._subscriptions = {
            queue: self._make_subscription(queue, prefetch) for queue, prefetch in queues.items()
        }
        self._acks: deque[Delivery] = deque()
        self._orders: deque[Callable[[], None]] = deque()

    def _make_inbox(self, queues: Sequence[str]) -> Inbox:
        return Inbox(queues)

    def _make_subscription(self, queue: str, prefetch: int) -> Subscription:
        return Subscription(queue, prefetch, self._inbox, self._thread)

    def start(self) -> None:
        """Start connecting and consuming."""
        self._thread.start()

    @property
    def connected(self) -> bool:
        """Whether the broker delivers from every queue."""
        return self._thread.connected and all(s.active for s in self._subscriptions.values())

    def get(self, timeout: float) -> Delivery | None:
        """The next delivery; None after `timeout` seconds or when consuming has been stopped."""
        taken = self._inbox.take(1, timeout)
        return taken[0] if taken else None

    def get_batch(self, limit: int, timeout: float) -> list[Delivery]:
        """All deliveries at hand, up to `limit`, as soon as there is one; empty like `get`."""
        return self._inbox.take(limit, timeout)

    def untaken(self) -> list[Delivery]:
        """Deliveries that are here and that nobody has taken yet."""
        return self._inbox.snapshot()

    def is_current(self, delivery: Delivery) -> bool:
        """False once the channel that brought it is gone: the broker delivers it again."""
        return self._subscriptions[delivery.queue].is_current(delivery)

    def ack(self, delivery: Delivery) -> None:
        """The message is done with. Returns at once, as all settling does."""
        self._acks.append(delivery)
        self._thread.wake()

    def ack_many(self, deliveries: Iterable[Delivery]) -> None:
        """Ack all of them, with as few frames as possible."""
        self._acks.extend(deliveries)
        self._thread.wake()

    def requeue(self, delivery: Delivery, delay: float = 0.0) -> None:
        """Give the message back, after `delay` seconds, to be delivered again."""
        subscription = self._subscriptions[delivery.queue]
        if delay:
            self._order(
                lambda: self._thread.call_later(delay, lambda: subscription.requeue(delivery))
            )
        else:
            self._order(lambda: subscription.requeue(delivery))

    def reject(self, delivery: Delivery) -> None:
        """Have the message dead-lettered."""
        subscription = self._subscriptions[delivery.queue]
        self._order(lambda: subscription.reject(delivery))

    def set_prefetch(self, queue: str, prefetch: int) -> None:
        """Ask for another prefetch; followed when the present one is off by a factor of two."""
        self._subscriptions[queue].wanted_prefetch = prefetch

    def stop_consuming(self) -> None:
        """Take nothing more from the broker and give back what nobody has taken.

        Deliveries that were taken can still be settled. `get` returns None from now on.
        """
        for subscription in self._subscriptions.values():
            self._order(subscription.stop)
        for delivery in self._inbox.close():
            self.requeue(delivery)

    def drain(self, timeout: float) -> list[Delivery]:
        """Take nothing more, and return what was delivered and nobody has taken, to be settled.

        Waits at most `timeout` seconds until the broker has stopped delivering: unlike after
        `stop_consuming`, nothing that was on its way counts as a failed delivery.
        """
        deadline = time.monotonic() + timeout
        self._inbox.shut()
        for subscription in self._subscriptions.values():
            self._order(subscription.stop)
        for subscription in self._subscriptions.values():
            subscription.ended.wait(max(0.0, deadline - time.monotonic()))
        return self._inbox.close()

    def close(self, timeout: float) -> None:
        """Send what was settled, close the connection and end the thread; may be repeated.

        The broker delivers again what was not settled.
        """
        self.stop_consuming()
        self._thread.close(timeout)

    def on_open(self, connection: pika.SelectConnection) -> None:
        for subscription in self._subscriptions.values():
            subscription.open(connection)
        self.on_wake()

    def on_wake(self) -> None:
        self._send_acks()
        while self._orders:
            self._orders.popleft()()

    def on_tick(self) -> None:
        """Nothing here depends on the time."""

    def on_lost(self, reason: str) -> None:
        for subscription in self._subscriptions.values():
            subscription.lost()

    def _order(self, order: Callable[[], None]) -> None:
        self._orders.append(order)
        self._thread.wake()

    def _send_acks(self) -> None:
        by_queue: dict[str, list[Delivery]] = {}
        while self._acks:
            delivery = self._acks.popleft()
            by_queue.setdefault(delivery.queue, []).append(delivery)
        for queue, deliveries in by_queue.items():
            self._subscriptions[queue].ack(deliveries)
