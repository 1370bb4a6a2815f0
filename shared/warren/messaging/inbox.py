"""Deliveries that nobody has taken yet, handed out in the order of their queues."""

import threading
import time
from collections import deque
from collections.abc import Sequence

from warren.messaging.delivery import Delivery
from warren.messaging.lane_order import LaneOrder
from warren.messaging.occupancy import Capacity, Occupancy, is_low


class Inbox:
    """Queues are served first to last, with a floor for the later ones. Thread-safe.

    With a `capacity`, each delivery that was taken occupies a slot until it is `finished`, and none
    is handed out that has none.
    """

    def __init__(
        self,
        queues: Sequence[str],
        order: LaneOrder | None = None,
        capacity: Capacity | None = None,
    ) -> None:
        self._lanes: dict[str, deque[Delivery]] = {queue: deque() for queue in queues}
        self._low = [lane for queue, lane in self._lanes.items() if is_low(queue)]
        self._order = order or LaneOrder(queues)
        self._slots = None if capacity is None else Occupancy(capacity.serving(queues))
        self._arrived = threading.Condition()
        self._count = 0
        self._turn = self._low_turn = 0
        self._shut = False
        self._closed = False

    def __len__(self) -> int:
        return self._count

    @property
    def free_slots(self) -> int:
        """How many more messages could begin at once than are here already; may be negative."""
        with self._arrived:
            return self._free()

    @property
    def left_to_low(self) -> int:
        """How many more messages the low lane may have than are here of it; may be negative."""
        with self._arrived:
            return self._left_to_low()

    @property
    def low_waits(self) -> bool:
        """Whether messages of the low lane wait for jobs of it to end."""
        with self._arrived:
            return self._slots is not None and self._slots.left_to_low <= 0 < self._waiting_low()

    @property
    def busy(self) -> bool:
        """Whether a slot is occupied, or will be soon."""
        return bool(self._count or self._slots)

    @property
    def turn(self) -> int:
        """How many deliveries were taken so far."""
        return self._turn

    @property
    def low_turn(self) -> int:
        """How many of the low lane."""
        return self._low_turn

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
            while not self._can_begin() and not self._shut:
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    return []
                self._arrived.wait(remaining)
            if self._shut:
                return []
            taken: list[Delivery] = []
            while len(taken) < limit and self._can_begin():
                taken.append(self._next())
            if self._can_begin():
                # More than one slot may have come free at once.
                self._arrived.notify()
            return taken

    def _can_begin(self) -> bool:
        if not self._count or self._slots is None:
            return bool(self._count)
        if self._slots.free <= 0:
            return False
        return self._slots.left_to_low > 0 or self._count > self._waiting_low()

    def _next(self) -> Delivery:
        self._turn += 1
        self._count -= 1
        leave_low = self._slots is not None and self._slots.left_to_low <= 0
        for queue in self._order.of_turn(self._turn):
            if self._lanes[queue] and not (leave_low and is_low(queue)):
                break
        self._low_turn += is_low(queue)
        delivery = self._lanes[queue].popleft()
        if self._slots is not None:
            self._slots.begin(delivery)
        return delivery

    def _free(self) -> int:
        return (0 if self._slots is None else self._slots.free) - self._count

    def _left_to_low(self) -> int:
        return (0 if self._slots is None else self._slots.left_to_low) - self._waiting_low()

    def _waiting_low(self) -> int:
        return sum(map(len, self._low))

    def leave_thread(self, delivery: Delivery) -> None:
        """It goes on without its thread, which may take another one."""
        with self._arrived:
            if self._slots is not None:
                self._slots.leave_thread(delivery)

    def make_good(self) -> bool:
        """Low jobs go on and on: if they do so in the reserve, the other lanes get another one.

        False if there is nothing to make good.
        """
        with self._arrived:
            made = self._slots is not None and self._slots.make_good()
            if made and self._count:
                self._arrived.notify()
            return made

    def finished(self, delivery: Delivery, seconds: float | None = None) -> None:
        """Its slot is free, after so many seconds of work, if any; may be repeated."""
        with self._arrived:
            if self._slots is not None:
                self._slots.end(delivery, seconds)
            if self._count:
                # A thread may wait for this slot, not for a message.
                self._arrived.notify()

    def snapshot(self) -> list[Delivery]:
        """What nobody has taken yet; it stays here."""
        with self._arrived:
            return self._all()

    def withdraw(self, *, low_only: bool = False) -> list[Delivery]:
        """Take out what would have to wait for a slot: the least urgent, and the latest first."""
        with self._arrived:
            surplus = min(self._waiting_low(), max(0, -self._left_to_low()))
            if not low_only:
                surplus = max(surplus, -self._free())
            left = self._all()[::-1][:surplus]
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
