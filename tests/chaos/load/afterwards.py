"""What clients do about a task after it was accepted: cancel it, retry it, sometimes twice."""

import heapq
import itertools
import threading
import time
from random import Random

from tests.chaos.load.asking import Asker

_HANDS = 3
_DOUBLE_CLICK = 0.4


class Afterwards:
    """Does each thing at its time, with a few hands; what is not due at the end is left undone."""

    def __init__(self, asker: Asker, random: Random) -> None:
        self._asker = asker
        self._random = random
        self._due: list[tuple[float, int, str, str]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._over = False
        self._threads = [
            threading.Thread(target=self._run, name=f"afterwards-{n}") for n in range(_HANDS)
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Do nothing more; returns when every question has its answer or has lost it."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def add(self, after: float, action: str, task: str) -> None:
        """Cancel or retry (`action`) the task in so many seconds; two hands do it at once, at times
        when somebody clicks twice."""
        with self._changed:
            times = 2 if self._random.random() < _DOUBLE_CLICK else 1
            for _ in range(times):
                moment = time.monotonic() + after
                heapq.heappush(self._due, (moment, next(self._numbers), action, task))
            self._changed.notify_all()

    def _run(self) -> None:
        while (due := self._next()) is not None:
            action, task = due
            self._asker.ask(action, f"/api/v1/tasks/{task}/{action}", task=task)

    def _next(self) -> tuple[str, str] | None:
        with self._changed:
            while not self._over:
                left = self._due[0][0] - time.monotonic() if self._due else None
                if left is not None and left <= 0:
                    _, _, action, task = heapq.heappop(self._due)
                    return action, task
                self._changed.wait(left)
        return None
