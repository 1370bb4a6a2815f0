"""What tasks bring about: each once, none missing, and none of what did not come about."""

from collections.abc import Iterator

from tests.chaos.checks.courses import STOPS, courses
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.families import Descent
from tests.chaos.evidence.model import Entry, Evidence, Task

#: Between the begin of the transaction that made a task, and a cancellation that came before.
_SLACK = 0.2


def descendants_are_there(evidence: Evidence) -> Iterator[Violation]:
    """Everything that a success has asked for or stated is there, and what a run was promised."""
    promised = {(s.task, s.key) for s in evidence.spawns if s.told}
    for descent in evidence.descents.values():
        if descent.role == "callback" or descent.task in evidence.tasks:
            continue
        origin = evidence.tasks[descent.parent]
        is_promised = _is_promised(evidence, descent, promised)
        if not _is_lost_to_a_batch(evidence, descent) and (
            origin.state == "succeeded" or is_promised
        ):
            yield Violation(
                "missing descendant",
                f"the {descent.role} {descent.key} ({descent.task}) of a task that is"
                f" {origin.state}",
                origin.id,
            )


def descendants_are_what_they_should_be(evidence: Evidence) -> Iterator[Violation]:
    """Of the right kind, told what its origin said, and recorded as coming from it."""
    for descent in evidence.descents.values():
        task = evidence.tasks.get(descent.task)
        if task is None:
            continue
        if (task.kind, task.parent) != (descent.kind, descent.parent):
            yield Violation("wrong descendant", f"{task.kind} of {task.parent}", task.id)
        elif not _is_told(task, descent):
            yield Violation("wrong descendant", f"it was told {task.payload!r:.200}", task.id)


def failures_state_no_facts(evidence: Evidence) -> Iterator[Violation]:
    """An event that was stated within a run becomes known with its task's success, or never."""
    for descent in evidence.descents.values():
        origin = evidence.tasks[descent.parent]
        known = descent.role == "subscriber" and descent.task in evidence.tasks
        if known and origin.state != "succeeded":
            yield Violation("fact of a failure", f"{descent.key}, but {origin.state}", origin.id)


def children_are_asked_for(evidence: Evidence) -> Iterator[Violation]:
    """Each child was asked for by a run of its parent."""
    asked = {(spawn.task, spawn.key) for spawn in evidence.spawns}
    for descent in evidence.descents.values():
        if descent.role not in {"child", "batch"} or descent.task not in evidence.tasks:
            continue
        if (descent.parent, descent.key) not in asked:
            yield Violation("unasked child", f"no run asked for {descent.key}", descent.task)


def the_cancelled_ask_for_nothing(evidence: Evidence) -> Iterator[Violation]:
    """From a cancellation to the next generation nothing comes of a task.

    A batch's callback may be as old as the transaction that began its generation: see joins.py.
    """
    for course in courses(evidence):
        stopped = [e.at for e in course.entries if e.type in STOPS]
        if course.state != "cancelled" or not stopped:
            continue
        again = min((e.at for e in _later(evidence, course.task, course.generation)), default=None)
        for child in evidence.children_of.get(course.task.id, []):
            descent = evidence.descents.get(child.id)
            if descent is not None and descent.role == "callback":
                continue
            late = child.created_at - min(stopped)
            if late > _SLACK and (again is None or child.created_at < again):
                yield Violation(
                    "asked by a cancelled task", f"{child.id} came {late:.2f} s after", child.parent
                )


def _is_promised(evidence: Evidence, descent: Descent, promised: set[tuple[str, str]]) -> bool:
    """Whether a run heard that it will come, and nobody cancelled that run's task."""
    key = descent.key.partition("/")[0]
    history = evidence.history_of.get(descent.parent, [])
    cancelled = any(e.type in STOPS for e in history)
    return (descent.parent, key) in promised and not cancelled


def _is_lost_to_a_batch(evidence: Evidence, descent: Descent) -> bool:
    """Whether it is a member of a batch that was cancelled before it came."""
    history = evidence.history_of.get(descent.batch or "", [])
    return any(e.type in STOPS for e in history)


def _is_told(task: Task, descent: Descent) -> bool:
    payload = task.payload or {}
    if descent.role in {"batch", "callback"}:
        return True  # joins.py looks at them
    said = payload.get("data", payload)
    return all(said.get(name) == value for name, value in descent.payload.items())


def _later(evidence: Evidence, task: Task, generation: int) -> Iterator[Entry]:
    for entry in evidence.history_of.get(task.id, []):
        if entry.generation > generation and entry.type == "task.retried":
            yield entry
