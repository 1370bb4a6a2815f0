"""Which tasks are cancelled, as far as this process has read."""

import threading
from datetime import timedelta
from uuid import UUID

from warren.contracts.orders import CancelTask
from warren.messaging.topology import CANCELS_DAYS

#: A little longer than the stream, so that no clock that is wrong makes a hole.
KEPT = timedelta(days=CANCELS_DAYS + 1)


class CancelledTasks:
    """Cancelled tasks with the generation that was meant; each is forgotten after `kept`.

    Orders come in the order in which they were given, but for a few: the oldest is first to go.
    Safe from any thread.
    """

    def __init__(self, kept: timedelta = KEPT) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._orders: dict[UUID, CancelTask] = {}

    def __len__(self) -> int:
        return len(self._orders)

    def add(self, order: CancelTask) -> None:
        """Remember an order, and forget what is older than `kept` before it."""
        with self._lock:
            known = self._orders.pop(order.task_id, order)
            self._orders[order.task_id] = max(order, known, key=lambda o: o.generation)
            oldest = next(iter(self._orders))
            while self._orders[oldest].at < order.at - self._kept:
                del self._orders[oldest]
                oldest = next(iter(self._orders))

    def covers(self, task_id: UUID, generation: int) -> bool:
        """Whether this generation of the task is not to run."""
        order = self._orders.get(task_id)
        return order is not None and generation <= order.generation
