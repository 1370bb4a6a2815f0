"""Deliveries that nobody has taken yet, handed out in the order of their queues."""

import threading
import time
from collections import deque
from collections.abc import Sequence

from warren.messaging.delivery import Delivery
from warren.messaging.lane_order import LaneOrder


class Inbox:
    """Queues are served first to last, with a floor for the later ones. Thread-safe.

    With `slots`, each delivery that was taken occupies one until it is `finished`.
    """

    def __init__(
        self, queues: Sequence[str], order: LaneOrder | None = None, slots: int | None = None
    ) -> None:
        self._lanes: dict[str, deque[Delivery]] = {queue: deque() for queue in queues}
        self._order = order or LaneOrder(queues)
        self._slots = slots
        self._occupants: set[Delivery] = set()
        self._arrived = threading.Condition()
        self._count = 0
        self._turn = 0
        self._shut = False
        self._closed = False

    def __len__(self) -> int:
        return self._count

    @property
    def free_slots(self) -> int:
        """Slots less what occupies them and what is here already; may be negative."""
        with self._arrived:
            return (self._slots or 0) - len(self._occupants) - self._count

    @property
    def busy(self) -> bool:
        """Whether a slot is occupied, or will be soon."""
        return bool(self._count or self._occupants)

    @property
    def turn(self) -> int:
        """How many deliveries were taken so far."""
        return self._turn

    def put(self, delivery: Delivery) -> bool:
        """Add a delivery; False if the inbox is closed."""
        with self._arrived:
            if self._closed:
                return False
            self._lanes[delivery.queue].append(delivery)
            self._count += 1
            self._arrived.notify()
            return True

    def take(self, limit: int, timeout: float) -> list[Delivery]:
        """At least one delivery and all that are there up to `limit`; none after `timeout`
        seconds, or when the inbox is shut."""
        deadline = time.monotonic() + timeout
        with self._arrived:
            while not self._count and not self._shut:
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    return []
                self._arrived.wait(remaining)
            if self._shut:
                return []
            taken = [self._next() for _ in range(min(limit, self._count))]
            if self._slots is not None:
                self._occupants.update(taken)
            return taken

    def _next(self) -> Delivery:
        self._turn += 1
        self._count -= 1
        order = self._order.of_turn(self._turn)
        return next(self._lanes[queue] for queue in order if self._lanes[queue]).popleft()

    def finished(self, delivery: Delivery) -> None:
        """Its slot is free; may be repeated."""
        with self._arrived:
            self._occupants.discard(delivery)

    def snapshot(self) -> list[Delivery]:
        """What nobody has taken yet; it stays here."""
        with self._arrived:
            return self._all()

    def withdraw(self) -> list[Delivery]:
        """Take out what would have to wait for a slot: the least urgent, and the latest first."""
        with self._arrived:
            surplus = len(self._occupants) + self._count - (self._slots or 0)
            left = self._all()[::-1][: max(0, surplus)]
            for delivery in left:
                self._lanes[delivery.queue].remove(delivery)
            self._count -= len(left)
            return left[::-1]

    def discard(self, queue: str) -> None:
        """Forget what came from a queue: its channel is gone, the broker delivers it again."""
        with self._arrived:
            self._count -= len(self._lanes[queue])
            self._lanes[queue].clear()

    def shut(self) -> None:
        """Hand out nothing more and wake who waits; deliveries that are on their way may come."""
        with self._arrived:
            self._shut = True
            self._arrived.notify_all()

    def close(self) -> list[Delivery]:
        """Shut, take nothing more in, and return what nobody has taken."""
        with self._arrived:
            self._shut = self._closed = True
            left = self._all()
            for lane in self._lanes.values():
                lane.clear()
            self._count = 0
            self._arrived.notify_all()
            return left

    def _all(self) -> list[Delivery]:
        return [delivery for lane in self._lanes.values() for delivery in lane]
