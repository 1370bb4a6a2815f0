"""The history tells one story: dispatch after dispatch, one outcome each, one end."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.chaos.checks.ends import TERMINAL
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Entry, Evidence, Task

_ENDS = {
    "task.succeeded": "succeeded",
    "task.failed": "failed",
    "task.cancelled": "cancelled",
    "task.expired": "expired",
}
_GOES_ON = frozenset({"task.retrying", "task.waiting"})


def one_end_per_generation(evidence: Evidence) -> Iterator[Violation]:
    """Each generation of a task has exactly one final outcome, the last that of its state."""
    for task in evidence.tasks.values():
        ends = [e for e in evidence.history_of.get(task.id, []) if e.type in _ENDS]
        per_generation = Counter(entry.generation for entry in ends)
        for generation in range(1, task.generation + 1):
            count = per_generation[generation]
            due = generation < task.generation or task.state in TERMINAL
            if count > 1:
                yield Violation(
                    "second outcome", f"generation {generation} has {count} ends", task.id
                )
            elif due and count == 0:
                yield Violation(
                    "no outcome", f"generation {generation} has no end in the history", task.id
                )
        yield from _other_state(task, ends)


def dispatches_follow_each_other(evidence: Evidence) -> Iterator[Violation]:
    """A dispatch is followed by the next only if it ended in a retry or a wait.

    A retry raises the attempt by one, a wait keeps it; no dispatch is missing in between.
    """
    for task in evidence.tasks.values():
        course = _course(evidence.history_of.get(task.id, []), task.generation)
        if [entry.dispatch for entry in course] != list(range(1, len(course) + 1)):
            numbers = ", ".join(str(entry.dispatch) for entry in course)
            yield Violation("gap in history", f"outcomes of dispatches {numbers}", task.id)
            continue
        yield from _wrong_steps(task, course)


def history_belongs_to_tasks(evidence: Evidence) -> Iterator[Violation]:
    """No history without its task."""
    for task_id in evidence.history_of:
        if task_id not in evidence.tasks:
            yield Violation("history without task", "its task is gone", task_id)


def _other_state(task: Task, ends: Sequence[Entry]) -> Iterator[Violation]:
    last = [entry for entry in ends if entry.generation == task.generation]
    if len(last) == 1 and _ENDS[last[0].type] != task.state:
        yield Violation(
            "state against history", f"{task.state}, but the history says {last[0].type}", task.id
        )


def _course(history: Sequence[Entry], generation: int) -> list[Entry]:
    """The outcome of each dispatch; a success stands where it came beside another outcome."""
    chosen: dict[int, Entry] = {}
    for entry in history:
        if entry.generation != generation or entry.type not in _ENDS.keys() | _GOES_ON:
            continue
        if entry.dispatch not in chosen or entry.type in _ENDS:
            chosen[entry.dispatch] = entry
    return [chosen[dispatch] for dispatch in sorted(chosen)]


def _wrong_steps(task: Task, course: Sequence[Entry]) -> Iterator[Violation]:
    attempt = 1
    for entry in course:
        if entry.attempt != attempt:
            yield Violation(
                "wrong attempt",
                f"dispatch {entry.dispatch} was attempt {entry.attempt}, not {attempt}",
                task.id,
            )
            return
        attempt += entry.type == "task.retrying"
    for entry in course[:-1]:
        if entry.type not in _GOES_ON:
            yield Violation(
                "dispatch after the end", f"{entry.type} in dispatch {entry.dispatch}", task.id
            )
