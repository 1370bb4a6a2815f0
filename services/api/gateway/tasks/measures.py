"""What becomes of tasks, counted where it is written, for Prometheus.

A transaction that has to be repeated is counted again: these are for watching, and the database
has the exact numbers.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter, Histogram

from warren.contracts.state_machine import TaskRow, Transition
from warren.contracts.status import TaskRetrying, TaskWaiting
from warren.observability.bounded import Bounded
from warren.observability.buckets import WAITS

_MOST_KINDS = 200
_MOST_CAUSES = 50
#: Bits of a UUIDv7 behind its milliseconds.
_NOISE_BITS = 80


class TaskNumbers:
    """By kind and lane, and never by who asked or which task it was."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._kinds, self._causes = Bounded(_MOST_KINDS), Bounded(_MOST_CAUSES)
        self._make_counters()
        labels = ("kind", "lane")
        self._queue_wait = Histogram(
            "warren_task_queue_wait_seconds",
            "From a task's acceptance to its first start, delays that were asked for included",
            labels,
            buckets=WAITS,
            registry=self.registry,
        )
        self._end_to_end = Histogram(
            "warren_task_end_to_end_seconds",
            "From a task's acceptance to its first end, retries and waits included",
            labels,
            buckets=WAITS,
            registry=self.registry,
        )

        self._attempts = Histogram(
            "warren_task_attempts",
            "Attempts that a task took to its end",
            labels,
            buckets=(1, 2, 3, 5, 10, 20),
            registry=self.registry,
        )

    def _make_counters(self) -> None:
        def counter(name: str, help_text: str, *labels: str) -> Counter:
            return Counter(name, help_text, labels, registry=self.registry)

        self._submitted = counter("warren_tasks_submitted", "Tasks accepted", "kind", "lane")
        self._started = counter("warren_tasks_started", "Runs that began", "kind", "lane")
        self._finished = counter(
            "warren_tasks_finished", "Tasks that ended", "kind", "lane", "outcome"
        )
        self._retries = counter("warren_task_retries", "Attempts that failed", "kind", "cause")
        self._waits = counter("warren_task_waits", "Runs put off", "kind", "reason")
        self._dead = counter("warren_dead_letters", "Dead letters made", "source")

    def submitted(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Tasks were accepted; `rows` are their columns."""
        for row in rows:
            self._submitted.labels(self._kinds(row["kind"]), str(row["lane"])).inc()

    def moved(self, transitions: Iterable[Transition]) -> None:
        """Tasks moved, and are written."""
        for transition in transitions:
            if transition.changed:
                self._moved(transition)

    def died(self, source: str, count: int) -> None:
        """Dead letters of this source were written."""
        self._dead.labels(source).inc(count)

    def _moved(self, transition: Transition) -> None:
        before, after = transition.before, transition.after
        kind, lane = self._kinds(after.kind), after.queue.rpartition(".")[2]
        if after.attempt_started_at not in {None, before.attempt_started_at}:
            self._started.labels(kind, lane).inc()
        if before.started_at is None and after.started_at is not None:
            self._queue_wait.labels(kind, lane).observe(_since_accepted(after, after.started_at))
        for status in transition.history:
            if isinstance(status, TaskRetrying):
                self._retries.labels(kind, self._causes(status.data.error.type)).inc()
            elif isinstance(status, TaskWaiting):
                self._waits.labels(kind, status.data.reason.value).inc()
        if transition.ended:
            self._finished.labels(kind, lane, after.state.value).inc()
            self._attempts.labels(kind, lane).observe(after.attempt)
            if after.generation == 1 and after.finished_at is not None:
                waited = _since_accepted(after, after.finished_at)
                self._end_to_end.labels(kind, lane).observe(waited)


@cache
def task_numbers() -> TaskNumbers:
    """Those of this process."""
    return TaskNumbers()


def _since_accepted(task: TaskRow, moment: datetime) -> float:
    return max(0.0, (moment - accepted_at(task.id)).total_seconds())


def accepted_at(task_id: UUID) -> datetime:
    """When a task was accepted: its id begins with the milliseconds."""
    return datetime.fromtimestamp((task_id.int >> _NOISE_BITS) / 1000, UTC)
