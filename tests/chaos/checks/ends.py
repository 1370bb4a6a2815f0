"""Every task has come to the end that its kind must have."""

from collections.abc import Iterator

from tests.chaos.checks.expectations import SAVES_FILE, Expectation, attempts_allowed, expectation
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Entry, Evidence, Task

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
    """The state, the cause of a failure and the number of retries follow from kind and payload."""
    for task in evidence.tasks.values():
        request = evidence.request_of.get(task.request or "")
        if request is None or task.state not in TERMINAL:
            continue
        expected = expectation(task.kind, request.payload)
        crashes = killed_runs(evidence, task)
        source = (task.error or {}).get("source") if task.state == "failed" else None
        if crashes and source in _AFTER_A_CRASH:
            continue
        if (task.state, source) != (expected.state, expected.source):
            yield Violation(
                "wrong end",
                f"{task.kind} ended as {task.state} ({source or '-'}),"
                f" not {expected.state} ({expected.source or '-'}): {task.error!r:.300}",
                task.id,
            )
            continue
        yield from _wrong_course(evidence, task, expected, crashes)


def results_are_whole(evidence: Evidence) -> Iterator[Violation]:
    """A success has the result of its last attempt, anything else has none."""
    for task in evidence.tasks.values():
        if task.state == "succeeded" and task.result != {"attempt": task.attempt}:
            yield Violation("wrong result", f"the result is {task.result!r:.100}", task.id)
        elif task.state != "succeeded" and task.result is not None:
            yield Violation("wrong result", f"a {task.state} task has a result", task.id)


def attempts_keep_to_the_budget(evidence: Evidence) -> Iterator[Violation]:
    """Neither row nor history know more attempts than the kind may have."""
    for task in evidence.tasks.values():
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


def killed_runs(evidence: Evidence, task: Task) -> int:
    """How many runs of a task died with the slot process that the harness killed."""
    return sum(
        run.end is None and run.pid in evidence.killed_slots
        for run in evidence.executions_of.get(task.id, [])
    )


def is_without_slot(evidence: Evidence, entry: Entry) -> bool:
    """Whether a wait is for a slot process that was killed while it started: nothing ran then."""
    error = entry.data.get("error") or {}
    return bool(evidence.killed_slots) and error.get("type") == "SlotUnavailable"


def _wrong_course(
    evidence: Evidence, task: Task, expected: Expectation, crashes: int
) -> Iterator[Violation]:
    history = evidence.history_of.get(task.id, [])
    retries = sum(entry.type == "task.retrying" for entry in history)
    waits = sum(e.type == "task.waiting" and not is_without_slot(evidence, e) for e in history)
    more = retries - expected.retries
    if task.attempt != retries + 1 or not 0 <= more <= crashes:
        yield Violation(
            "wrong attempts",
            f"ended at attempt {task.attempt} after {retries} retries,"
            f" not at {expected.last_attempt} after {expected.retries}",
            task.id,
        )
    # A full disk makes those wait that save files, as often as they try.
    excused = task.kind in SAVES_FILE and any(f.kind == "fill-disk" for f in evidence.faults)
    if waits != expected.waits and not excused:
        yield Violation("wrong waits", f"waited {waits} times, not {expected.waits} times", task.id)
