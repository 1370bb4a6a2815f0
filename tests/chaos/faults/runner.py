"""Does to the system what the schedule says, and heals it at the end."""

import threading
import time
from collections import Counter
from collections.abc import Sequence

from tests.chaos.faults.schedule import FAULTS
from tests.chaos.faults.system import Order, System


class FaultRunner:
    """One thread keeps the time, and one for each fault does it."""

    def __init__(self, system: System, orders: Sequence[Order]) -> None:
        self._system = system
        self._orders = orders
        self._clock = threading.Thread(target=self._run, name="faults")
        self._running: list[threading.Thread] = []
        self.done: Counter[str] = Counter()

    def start(self) -> None:
        """Begin; times of the schedule count from now."""
        self._clock.start()

    def stop(self) -> None:
        """End every fault that lasts, and heal."""
        self._system.over.set()
        self._clock.join()
        for thread in self._running:
            thread.join()
        self._system.links.calm()

    def _run(self) -> None:
        began = time.monotonic()
        for order in self._orders:
            if self._system.over.wait(max(0.0, began + order.at - time.monotonic())):
                return
            thread = threading.Thread(target=self._do, args=(order,), name=f"fault-{order.number}")
            self._running.append(thread)
            thread.start()

    def _do(self, order: Order) -> None:
        with self._system.fault(order) as free:
            if free:
                self.done[order.kind] += 1
                FAULTS[order.kind](self._system, order)
