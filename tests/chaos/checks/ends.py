"""Every task has come to the end that its kind must have, in each of its generations."""

from collections.abc import Iterator, Sequence
from typing import Any

from tests.chaos.checks.asking import is_asked_to_stop
from tests.chaos.checks.courses import Course, courses
from tests.chaos.checks.expectations import (
    NEWEST,
    SAVES_FILE,
    Expectation,
    attempts_allowed,
    expectation,
)
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Entry, Evidence, Request, Task

#: A run whose process dies spends an attempt, or ends its task.
_AFTER_A_CRASH = frozenset({"crashed", "exhausted"})
TERMINAL = frozenset({"succeeded", "failed", "cancelled", "expired"})


def tasks_have_ended(evidence: Evidence) -> Iterator[Violation]:
    """No task is left in a state that is not final."""
    for task in evidence.tasks.values():
        if task.state not in TERMINAL:
            yield Violation("stuck task", f"still {task.state} at rest", task.id)
        elif task.finished_at is None:
            yield Violation("end without time", f"{task.state}, but never finished", task.id)


def tasks_have_the_right_end(evidence: Evidence) -> Iterator[Violation]:
    """The end, its cause and the number of retries follow from kind, payload and generation.

    Instead of its own end a task may be cancelled where somebody asked for it, and expire where it
    had a time to start by.
    """
    for course in courses(evidence):
        task = course.task
        request = evidence.wish_of(task)
        if request is None or course.state is None or not task.is_ours:
            continue
        expected = expectation(task.kind, request.payload, course.generation)
        if (course.state, course.source) == (expected.state, expected.source):
            yield from _wrong_course(evidence, course, expected, request)
        elif not _is_another_good_end(evidence, course, request):
            yield Violation(
                "wrong end",
                f"{task.kind} ended generation {course.generation} as {course.state}"
                f" ({course.source or '-'}), not {expected.state} ({expected.source or '-'}):"
                f" {task.error!r:.300}",
                task.id,
            )


def results_are_whole(evidence: Evidence) -> Iterator[Violation]:
    """A success has the result of its last attempt, anything else has none; for what was cleaned
    see retention.py.

    Where files were saved, the outcome that was kept first is everybody's.
    """
    for task in evidence.tasks.values():
        if not task.is_ours:
            continue
        good = [task.attempt]
        if task.kind in SAVES_FILE:
            good += [run.attempt for run in evidence.executions_of.get(task.id, []) if run.end]
        if task.state == "succeeded" and not task.cleaned and not _is_of(task.result, good):
            yield Violation("wrong result", f"the result is {task.result!r:.100}", task.id)
        elif task.state != "succeeded" and task.result is not None:
            yield Violation("wrong result", f"a {task.state} task has a result", task.id)


def _is_of(result: Any, attempts: Sequence[int]) -> bool:
    return result in [{"attempt": number} for number in attempts]


def attempts_keep_to_the_budget(evidence: Evidence) -> Iterator[Violation]:
    """Neither row nor history know more attempts than the kind may have."""
    for task in evidence.tasks.values():
        if not task.is_ours:
            continue
        allowed = attempts_allowed(task.kind)
        recorded = {entry.attempt for entry in evidence.history_of.get(task.id, [])}
        most = max([task.attempt, *recorded])
        if most > allowed or task.max_attempts != allowed:
            yield Violation(
                "too many attempts",
                f"attempt {most} of {task.kind}, which has {allowed}"
                f" (the row says {task.max_attempts})",
                task.id,
            )


def killed_runs(evidence: Evidence, task: Task, generation: int) -> int:
    """How many runs of a generation died with the slot process that the harness killed."""
    return sum(
        run.end is None and run.generation == generation and run.pid in evidence.killed_slots
        for run in evidence.executions_of.get(task.id, [])
    )


def is_without_slot(evidence: Evidence, entry: Entry) -> bool:
    """Whether a wait is for a slot process that was killed while it started: nothing ran then."""
    error = entry.data.get("error") or {}
    return bool(evidence.killed_slots) and error.get("type") == "SlotUnavailable"


def _is_another_good_end(evidence: Evidence, course: Course, request: Request) -> bool:
    task = course.task
    match course.state, course.source:
        case "cancelled", _:
            return is_asked_to_stop(evidence, task, course.generation)
        case "expired", _:
            return request.expires_in is not None and course.generation == 1
        case "failed", "unknown_kind":
            return task.kind == NEWEST
        case "failed", source:
            return source in _AFTER_A_CRASH and killed_runs(evidence, task, course.generation) > 0
    return False


def _is_excused(evidence: Evidence, entry: Entry) -> bool:
    """Whether a wait is for what the harness has taken away: a slot, the disk, the broker."""
    error = entry.data.get("error") or {}
    match error.get("type"):
        case "StoreUnavailable":
            return any(fault.kind == "fill-disk" for fault in evidence.faults)
        case "OutOfTouch":
            return bool(evidence.faults)
    return is_without_slot(evidence, entry)


def _wrong_course(
    evidence: Evidence, course: Course, expected: Expectation, request: Request
) -> Iterator[Violation]:
    task, end = course.task, course.end
    if end is None or (task.kind in SAVES_FILE and course.generation > 1):
        return  # of files, an earlier generation may have kept the outcome
    retries = course.count("task.retrying")
    waits = sum(e.type == "task.waiting" and not _is_excused(evidence, e) for e in course.entries)
    more = retries - expected.retries
    crashes = killed_runs(evidence, task, course.generation)
    if end.attempt != retries + 1 or not 0 <= more <= crashes:
        yield Violation(
            "wrong attempts",
            f"ended at attempt {end.attempt} after {retries} retries,"
            f" not at {expected.last_attempt} after {expected.retries}",
            task.id,
        )
    # What comes too late to a worker goes back to be ended as expired, unless it had begun before.
    due = expected.waits - _passed_over(evidence, course, expected.waits)
    if waits != due and request.expires_in is None:
        yield Violation("wrong waits", f"waited {waits} times, not {due} times", task.id)


def _passed_over(evidence: Evidence, course: Course, waits: int) -> int:
    """In how many of the first dispatches, those in which the job waits, it never came to run."""
    return sum(
        entry.type == "task.swept"
        or (entry.type == "task.waiting" and _is_excused(evidence, entry))
        for entry in course.entries
        if entry.dispatch <= waits
    )
