"""What was accepted exists exactly once, and nothing exists that nobody asked for."""

from collections import defaultdict
from collections.abc import Iterator

from tests.chaos.checks.asking import BULK, bulk_action
from tests.chaos.checks.cleaning import CLEAN_UPS
from tests.chaos.checks.erasure import ERASURES
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.descent import BATCH
from tests.chaos.evidence.model import Evidence, Request, Task

_NEXT_GENERATION = frozenset({"retry", "replay", "final-replay"})


def accepted_tasks_exist(evidence: Evidence) -> Iterator[Violation]:
    """Every answer with a yes names a task that is there, of that kind and for that request."""
    for request in evidence.requests:
        if request.end != "accepted":
            continue
        task = evidence.tasks.get(request.task or "")
        if task is None:
            yield Violation(
                "lost task", f"request {request.id} was accepted, its task is gone", request.task
            )
        elif request.unique:
            if (task.unique_key, task.kind) != (request.unique_key, request.kind):
                yield Violation("wrong task", f"{request.id} was answered with another", task.id)
        elif task.kind != request.kind or task.request not in _names(request):
            yield Violation(
                "wrong task", f"request {request.id} was answered with another's task", task.id
            )


def tasks_have_a_request(evidence: Evidence) -> Iterator[Violation]:
    """Every task belongs to one request that may have made it; no request has two."""
    by_request: dict[str, list[Task]] = defaultdict(list)
    for task in evidence.tasks.values():
        if not task.is_ours or task.schedule or task.id in evidence.descents:
            continue
        by_request[task.request or ""].append(task)
        yield from _unexplained(task, evidence.request_of.get(task.request or ""))
    for asked in evidence.requests:
        if asked.others:
            yield Violation("doubled task", f"the key {asked.id} made several", asked.others[0])
    for request, tasks in by_request.items():
        if request and len(tasks) > 1:
            ids = ", ".join(task.id for task in tasks)
            yield Violation("doubled task", f"request {request} made several: {ids}", tasks[0].id)


def _names(request: Request) -> set[str | None]:
    """What the request of its task may be called; a batch has no metadata."""
    return {None if request.kind == BATCH else request.id}


def _unexplained(task: Task, request: Request | None) -> Iterator[Violation]:
    if request is None:
        yield Violation(
            "unexplained task", "no client, parent, event or batch brings it about", task.id
        )
    elif request.end == "refused":
        yield Violation(
            "unexplained task", f"request {request.id} was refused ({request.code})", task.id
        )


def own_tasks_are_explained(evidence: Evidence) -> Iterator[Violation]:
    """The system's own tasks are chores of a schedule and what comes of them, batches, or
    actions, clean-ups and erasures: see bulk.py, cleaning.py and erasure.py.

    What a domain's task brings about is looked at in books.py.
    """
    explained = {fire.task for fire in evidence.fires} | evidence.opened.keys()
    for task in evidence.tasks.values():
        if (
            task.is_ours
            or task.is_of_a_service
            or task.kind in {*BULK.values(), *CLEAN_UPS, ERASURES}
            or any(
                each.is_of_a_domain or each.id in explained for each in evidence.ancestors_of(task)
            )
        ):
            continue
        if task.id not in evidence.descents:
            yield Violation("unexplained task", f"a {task.kind} of nobody's", task.id)


def generations_are_asked_for(evidence: Evidence) -> Iterator[Violation]:
    """Each generation after the first has a retry or a replay that began it, and each yes one.

    Not counted are those that an action on many began, which bulk.py looks at.
    """
    for task in evidence.tasks.values():
        asked = [d for d in evidence.demands_of.get(task.id, []) if d.action in _NEXT_GENERATION]
        about = [d for d in evidence.demands_about(task.id) if d.action in _NEXT_GENERATION]
        begun = task.generation - 1
        sure = sum(d.is_sure for d in asked)
        most = sum(d.may_have_worked for d in about) + _begun_in_bulk(evidence, task)
        if begun < sure:
            yield Violation("lost retry", f"{sure} were promised, {begun} came", task.id)
        elif begun > most:
            yield Violation("unexplained generation", f"{begun} came, {most} asked", task.id)


def _begun_in_bulk(evidence: Evidence, task: Task) -> int:
    history = evidence.history_of.get(task.id, [])
    return sum(e.type == "task.retried" and bulk_action(e) is not None for e in history)
