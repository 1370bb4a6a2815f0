"""The course of a generation, as the history tells it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.chaos.evidence.model import Entry, Evidence, Task

ENDS = {
    "task.succeeded": "succeeded",
    "task.failed": "failed",
    "task.cancelled": "cancelled",
    "task.expired": "expired",
}
#: After these another dispatch follows; a sweep stands for a dispatch that vanished.
GOES_ON = frozenset({"task.retrying", "task.waiting", "task.swept"})

STOPS = frozenset({"task.cancelling", "task.cancelled"})


@dataclass(frozen=True, slots=True)
class Course:
    """What happened in one generation of a task."""

    task: Task
    generation: int
    entries: Sequence[Entry]

    @property
    def end(self) -> Entry | None:
        """The final outcome, the only one there may be."""
        ends = [entry for entry in self.entries if entry.type in ENDS]
        return ends[0] if ends else None

    @property
    def state(self) -> str | None:
        """The state that it ended in."""
        return ENDS[self.end.type] if self.end else None

    @property
    def source(self) -> str | None:
        """Why it failed."""
        return self.end.data.get("source") if self.end and self.state == "failed" else None

    @property
    def is_stopped(self) -> bool:
        """Whether it was told to end."""
        return any(entry.type in STOPS for entry in self.entries)

    def lived(self, since: float, until: float) -> bool:
        """Whether it had begun before the one and ended, as its run or the database says, after
        the other."""
        again = [entry.at for entry in self.entries if entry.type == "task.retried"]
        began = max([self.task.created_at, *again])
        return began < since and (self.end is None or self.end.at > until)

    def count(self, kind: str) -> int:
        """How many entries of a type it has."""
        return sum(entry.type == kind for entry in self.entries)


def courses(evidence: Evidence) -> Iterator[Course]:
    """Every generation of every task."""
    for task in evidence.tasks.values():
        history = evidence.history_of.get(task.id, [])
        for generation in range(1, task.generation + 1):
            entries = [entry for entry in history if entry.generation == generation]
            yield Course(task, generation, entries)
