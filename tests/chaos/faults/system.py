"""What faults are done to: the stack, its wires, and the journal of what was done."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.chaos.journal import Journal
from tests.chaos.links import Links
from tests.chaos.plan import ChaosPlan
from warren.stack.plan import BROKER, DATABASE
from warren.stack.stack import Stack


@dataclass(frozen=True, slots=True)
class Order:
    """One fault of the schedule; `at` and `seconds` from the begin of the load."""

    number: int
    at: float
    kind: str
    target: str
    seconds: float


@dataclass(slots=True)
class System:
    """Handed to every fault; `over` is set when everything has to be whole again."""

    plan: ChaosPlan
    stack: Stack
    links: Links
    journal: Journal
    over: threading.Event = field(default_factory=threading.Event)
    _busy: set[str] = field(default_factory=set)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def fault(self, order: Order) -> Iterator[bool]:
        """Log the begin and end of a fault; False when its target suffers another one already."""
        with self._guard:
            free = order.target not in self._busy
            self._busy.add(order.target)
        if not free:
            yield False
            return
        self._note("begin", order)
        try:
            yield True
        finally:
            self._note("end", order)
            with self._guard:
                self._busy.discard(order.target)

    def _note(self, event: str, order: Order) -> None:
        self.journal.write(
            event=event, number=order.number, kind=order.kind, target=order.target,
            mono=time.monotonic(), wall=time.time(),
        )  # fmt: skip

    @property
    def workers(self) -> list[str]:
        """The names of the worker processes."""
        return _replicas("chaos-worker", self.plan.workers)

    @property
    def programs(self) -> list[str]:
        """The names of all programs of ours, workers first."""
        plan = self.plan
        return [
            *self.workers,
            *plan.service_programs,
            *_replicas("relay", plan.relays),
            *_replicas("recorder", plan.recorders),
            *_replicas("gateway", plan.gateways),
            "housekeeper",
            "scheduler",
        ]

    @property
    def servers(self) -> list[str]:
        """The broker and the database."""
        return [BROKER, DATABASE]


def _replicas(name: str, count: int) -> list[str]:
    return [name, *(f"{name}-{n}" for n in range(2, count + 1))]
