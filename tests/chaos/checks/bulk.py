"""Bulk actions: asked for, within their filter, and with nothing left out of it."""

from collections.abc import Iterator
from typing import Any

from tests.chaos.checks.asking import (
    BULK,
    bulk_action,
    is_same_filter,
    means_letter,
    means_task,
)
from tests.chaos.checks.courses import courses
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Demand, Evidence, Letter, Task

_STARTS = frozenset({"api.bulk_retry", "api.replay"})
_RESOLVES = frozenset({"replay", "final-replay", "discard", "final-discard"})
#: Of a run's clock and the database's, in seconds.
_CLOCKS = 0.5
#: So long an outcome may be on its way to a recorder that stands still.
_RECORDED = 60.0


def bulk_actions_are_asked_for(evidence: Evidence) -> Iterator[Violation]:
    """Each bulk action that is there was asked for with its filter, and each yes has its own."""
    unclaimed = {t.id: t for t in evidence.tasks.values() if t.kind in BULK.values()}
    doubtful: list[Demand] = []
    for demand in (d for d in evidence.demands if d.action in BULK):
        if not demand.is_sure:
            doubtful += [demand] if demand.may_have_worked else []
        elif (made := unclaimed.pop(demand.made or "", None)) is None:
            yield Violation("lost task", f"{demand.action} was accepted, it is gone", demand.made)
        elif not _is_it(demand, made):
            yield Violation("wrong task", f"{demand.action} has another filter", made.id)
    for task in unclaimed.values():
        asked = next((d for d in doubtful if _is_it(d, task)), None)
        if asked is None:
            yield Violation("unexplained task", "nobody asked for this action", task.id)
        else:
            doubtful.remove(asked)


def bulk_actions_keep_to_their_filter(evidence: Evidence) -> Iterator[Violation]:
    """What is done in the name of an action is meant by it, and was there before it."""
    for entry in evidence.history:
        action = bulk_action(entry)
        task = evidence.tasks.get(entry.task)
        if action is None or task is None:
            continue
        kinds = _STARTS if entry.type == "task.retried" else {"api.bulk_cancel"}
        by = evidence.tasks.get(action)
        if by is None or by.kind not in kinds:
            yield Violation("unexplained action", f"{entry.type} by {action}", task.id)
        elif not _is_meant(evidence, by, task, entry.generation):
            yield Violation("beyond its filter", f"{entry.type} by {by.payload}", task.id)
    yield from _letters_beyond(evidence)


def bulk_cancels_leave_nothing_out(evidence: Evidence) -> Iterator[Violation]:
    """What lived before an action and after it was told to end."""
    for action in _done(evidence, "api.bulk_cancel"):
        for course in courses(evidence):
            ended = (action.finished_at or 0.0) + _CLOCKS
            lived = course.task.id < action.id and course.lived(action.created_at, ended)
            if lived and means_task(_filter(action), course.task) and not course.is_stopped:
                yield Violation("left out", f"of the cancellation {action.id}", course.task.id)


def bulk_retries_leave_nothing_out(evidence: Evidence) -> Iterator[Violation]:
    """What had ended before an action as its filter says has begun again."""
    for action in _done(evidence, "api.bulk_retry"):
        states = _filter(action).get("state") or ["failed"]
        for task in evidence.tasks.values():
            if task.unique_key or task.state not in states or not task.finished_at:
                continue
            if task.cleaned:
                continue  # nobody knows any more what it was to do
            early = task.finished_at < action.created_at - _RECORDED
            if early and means_task(_filter(action), task) and task.id < action.id:
                yield Violation("left out", f"of the retry {action.id}", task.id)


def letters_are_resolved_on_demand(evidence: Evidence) -> Iterator[Violation]:
    """Somebody asked for what was done about a letter, or about another one of that failure."""
    asked = {d.letter for d in evidence.demands if d.action in _RESOLVES and d.may_have_worked}
    for letter in evidence.letters:
        if letter.resolution is None or (letter.resolved_by or "").startswith("task:"):
            continue
        same = [x.id for x in evidence.letters_of.get(letter.task or "", [])]
        if not asked & {letter.id, *same}:
            yield Violation("unasked answer", f"a letter was {letter.resolution}", letter.task)


def _letters_beyond(evidence: Evidence) -> Iterator[Violation]:
    for letter in evidence.letters:
        if not (letter.resolved_by or "").startswith("task:"):
            continue
        by = evidence.tasks.get((letter.resolved_by or "").removeprefix("task:"))
        if by is None or not _may_resolve(evidence, by, letter):
            yield Violation("beyond its filter", f"{letter.resolution} by {by}", letter.task)


def _may_resolve(evidence: Evidence, by: Task, letter: Letter) -> bool:
    kind = {"replayed": "api.replay", "discarded": "api.discard"}.get(letter.resolution or "")
    same = [
        other
        for other in [letter, *evidence.letters_of.get(letter.task or "", [])]
        if other.generation == letter.generation
    ]
    return by.kind == kind and any(means_letter(_filter(by), other) for other in same)


def _is_it(demand: Demand, task: Task) -> bool:
    same = is_same_filter(demand.filter or {}, _filter(task))
    return task.kind == BULK[demand.action] and same


def _is_meant(evidence: Evidence, by: Task, task: Task, generation: int) -> bool:
    if by.kind == "api.replay":
        return any(
            means_letter(_filter(by), letter) and letter.generation == generation - 1
            for letter in evidence.letters_of.get(task.id, [])
        )
    batch = evidence.tasks.get(evidence.batch_of(task.id) or "")
    meant = [one for one in (task, batch) if one is not None and means_task(_filter(by), one)]
    return any(one.id < by.id for one in meant)


def _filter(action: Task) -> dict[str, Any]:
    return dict((action.payload or {}).get("filter") or {})


def _done(evidence: Evidence, kind: str) -> Iterator[Task]:
    for task in evidence.tasks.values():
        if task.kind == kind and task.state == "succeeded" and task.finished_at:
            yield task
