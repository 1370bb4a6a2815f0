"""The history tells one story: dispatch after dispatch, one outcome each, one end."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.chaos.checks.courses import ENDS, GOES_ON, Course, courses
from tests.chaos.checks.ends import TERMINAL
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Entry, Evidence, Task

_MOST_SWEEPS = 3


def one_end_per_generation(evidence: Evidence) -> Iterator[Violation]:
    """Each generation of a task has exactly one final outcome, the last that of its state."""
    for course in courses(evidence):
        task = course.task
        count = sum(entry.type in ENDS for entry in course.entries)
        due = course.generation < task.generation or task.state in TERMINAL
        if count > 1:
            yield Violation(
                "second outcome", f"generation {course.generation} has {count} ends", task.id
            )
        elif due and count == 0:
            yield Violation(
                "no outcome", f"generation {course.generation} has no end in the history", task.id
            )
        elif course.generation == task.generation:
            yield from _other_state(task, course)


def dispatches_follow_each_other(evidence: Evidence) -> Iterator[Violation]:
    """A dispatch is followed by the next only if it ended in a retry, a wait, or a sweep.

    A retry raises the attempt by one, the others keep it; no dispatch is missing in between.
    """
    for course in courses(evidence):
        outcomes = _outcomes(course)
        if [entry.dispatch for entry in outcomes] != list(range(1, len(outcomes) + 1)):
            numbers = ", ".join(str(entry.dispatch) for entry in outcomes)
            yield Violation("gap in history", f"outcomes of dispatches {numbers}", course.task.id)
            continue
        yield from _wrong_steps(course.task, outcomes)


def sweeps_are_few(evidence: Evidence) -> Iterator[Violation]:
    """A dispatch that vanishes is issued again at most three times within an attempt."""
    for course in courses(evidence):
        swept = Counter(e.attempt for e in course.entries if e.type == "task.swept")
        for attempt, count in swept.items():
            if count > _MOST_SWEEPS:
                yield Violation(
                    "too many sweeps", f"attempt {attempt} was swept {count} times", course.task.id
                )


def history_belongs_to_tasks(evidence: Evidence) -> Iterator[Violation]:
    """No history without its task."""
    for task_id in evidence.history_of:
        if task_id not in evidence.tasks:
            yield Violation("history without task", "its task is gone", task_id)


def _other_state(task: Task, course: Course) -> Iterator[Violation]:
    if course.end is not None and course.state != task.state:
        yield Violation(
            "state against history", f"{task.state}, but the history says {course.end.type}",
            task.id,
        )  # fmt: skip


def _outcomes(course: Course) -> list[Entry]:
    """The outcome of each dispatch; an end stands where it came beside another outcome."""
    chosen: dict[int, Entry] = {}
    for entry in course.entries:
        if entry.type not in ENDS.keys() | GOES_ON:
            continue
        if entry.dispatch not in chosen or entry.type in ENDS:
            chosen[entry.dispatch] = entry
    return [chosen[dispatch] for dispatch in sorted(chosen)]


def _wrong_steps(task: Task, course: Sequence[Entry]) -> Iterator[Violation]:
    attempt = 1
    for entry in course:
        # What no run has ended is noted with the last attempt that there was.
        noted = entry.run is None and entry.type in ENDS
        if entry.attempt != attempt and not (noted and entry.attempt == attempt - 1):
            yield Violation(
                "wrong attempt",
                f"dispatch {entry.dispatch} was attempt {entry.attempt}, not {attempt}",
                task.id,
            )
            return
        attempt += entry.type == "task.retrying"
    for entry in course[:-1]:
        if entry.type not in GOES_ON:
            yield Violation(
                "dispatch after the end", f"{entry.type} in dispatch {entry.dispatch}", task.id
            )
