"""A consumer of lanes: it takes what its process can begin, the most urgent first."""

import math
from collections.abc import Sequence

import pika

from warren.messaging.consumer import QueueConsumer
from warren.messaging.delivery import Delivery
from warren.messaging.inbox import Inbox
from warren.messaging.lane_intake import HandBack, LaneIntake
from warren.messaging.lane_order import LaneOrder
from warren.messaging.lane_subscription import LaneSubscription
from warren.messaging.lane_watch import LOOK
from warren.messaging.occupancy import Capacity
from warren.messaging.prefetch import MAX_PREFETCH, PrefetchGauge, SlotGauge
from warren.messaging.subscription import Subscription


class LaneConsumer(QueueConsumer):
    """Consumes `queues`, given the most urgent first, for a process of this `capacity`.

    Whoever takes a delivery says when it is `finished`. `hand_back` is called, from the
    connection's thread, with deliveries that found no free slot, and must return at once.
    """

    def __init__(
        self,
        amqp_url: str,
        queues: Sequence[str],
        *,
        capacity: Capacity,
        order: LaneOrder,
        name: str,
        hand_back: HandBack,
        most_ahead: int = MAX_PREFETCH,
    ) -> None:
        self._capacity = capacity
        self._lane_order = order
        self._hand_back = hand_back
        self._slot_gauge = SlotGauge()
        self._gauges = {queue: PrefetchGauge(capacity.threads, most_ahead) for queue in queues}
        #: In looks of the intake, for each delivery that was taken.
        self._taken_at: dict[Delivery, int] = {}
        super().__init__(amqp_url, dict.fromkeys(queues, capacity.threads), name=name)

    def get(self, timeout: float) -> Delivery | None:
        delivery = super().get(timeout)
        if delivery is not None:
            self._taken_at[delivery] = self._intake.looks
        return delivery

    def leave_thread(self, delivery: Delivery) -> None:
        """It goes on outside of its thread, which may take another one."""
        self._inbox.leave_thread(delivery)
        self._thread.wake()

    def finished(self, delivery: Delivery, seconds: float, share: float = 1.0) -> None:
        """Its slot is free again, after so many seconds of work.

        `share` is how much of a thread's slot it occupied, compared with a job in a thread.
        """
        was_short = self._slot_gauge.short
        seconds = min(seconds, self._seen_seconds(delivery))
        self._slot_gauge.finished(seconds)
        wanted = self._gauges[delivery.queue].finished(seconds * share)
        self.set_prefetch(delivery.queue, wanted)
        self._inbox.finished(delivery, seconds)
        if not (was_short and self._slot_gauge.short) or self._intake.low_is_full:
            # Otherwise the broker delivers by itself, and there is nothing to adjust.
            self._thread.wake()

    def _seen_seconds(self, delivery: Delivery) -> float:
        """For how long it has been here, not counting when this process stood still."""
        taken_at = self._taken_at.pop(delivery, None)
        if taken_at is None or not self.is_current(delivery):
            # Without a connection there is nobody to look.
            return math.inf
        return (self._intake.looks - taken_at + 1) * LOOK

    def released(self, delivery: Delivery) -> None:
        """Its slot is free again; no job has run. May be repeated."""
        self._taken_at.pop(delivery, None)
        self._inbox.finished(delivery)
        self._thread.wake()

    def keep(self, delivery: Delivery) -> bool:
        """Take back what could not be handed back; False if this consumer has stopped."""
        return self._inbox.put(delivery)

    def shut(self) -> None:
        """Hand out nothing more; whoever waits for a delivery gets None."""
        self._inbox.shut()

    def stop_consuming(self) -> None:
        self._intake.stop()
        super().stop_consuming()

    def drain(self, timeout: float) -> list[Delivery]:
        self._intake.stop()
        return super().drain(timeout)

    def on_open(self, connection: pika.SelectConnection) -> None:
        self._intake.restart()
        super().on_open(connection)

    def on_wake(self) -> None:
        super().on_wake()
        self._intake.adjust()

    def _make_inbox(self, queues: Sequence[str]) -> Inbox:
        inbox = Inbox(queues, self._lane_order, self._capacity)
        self._intake = LaneIntake(
            inbox, self._lane_order, self._slot_gauge, self._thread, self._hand_back
        )
        return inbox

    def _make_subscription(self, queue: str, prefetch: int) -> Subscription:
        lane = LaneSubscription(queue, prefetch, self._inbox, self._thread, self._intake)
        self._intake.lanes[queue] = lane
        return lane
