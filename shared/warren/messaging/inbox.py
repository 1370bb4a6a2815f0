"""Deliveries that nobody has taken yet, handed out in the order of their queues."""

import threading
import time
from collections import deque
from collections.abc import Sequence

from warren.messaging.delivery import Delivery

#: One take in so many (5 %) serves each lower queue first, so that none of them starves.
FLOOR = 20


class Inbox:
    """Queues are served first to last, with a floor for the later ones. Thread-safe."""

    def __init__(self, queues: Sequence[str]) -> None:
        self._lanes: dict[str, deque[Delivery]] = {queue: deque() for queue in queues}
        self._lower = list(queues[1:])
        self._arrived = threading.Condition()
        self._count = 0
        self._taken = 0
        self._shut = False
        self._closed = False

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
            return [self._next() for _ in range(min(limit, self._count))]

    def _next(self) -> Delivery:
        self._taken += 1
        self._count -= 1
        turn = -self._taken % FLOOR
        if turn < len(self._lower) and (favoured := self._lanes[self._lower[turn]]):
            return favoured.popleft()
        return next(lane for lane in self._lanes.values() if lane).popleft()

    def snapshot(self) -> list[Delivery]:
        """What nobody has taken yet; it stays here."""
        with self._arrived:
            return [delivery for lane in self._lanes.values() for delivery in lane]

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
            left = [delivery for lane in self._lanes.values() for delivery in lane]
            for lane in self._lanes.values():
                lane.clear()
            self._count = 0
            self._arrived.notify_all()
            return left
