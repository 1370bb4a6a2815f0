"""What was accepted exists exactly once, and nothing exists that nobody asked for."""

from collections import defaultdict
from collections.abc import Iterator

from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Evidence, Request, Task

_NEXT_GENERATION = frozenset({"retry", "replay", "final-replay"})
_IN_BULK = frozenset({"chaos.permanent", "chaos.newest"})


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
        elif (task.request, task.kind) != (request.id, request.kind):
            yield Violation(
                "wrong task", f"request {request.id} was answered with another's task", task.id
            )


def tasks_have_a_request(evidence: Evidence) -> Iterator[Violation]:
    """Every task belongs to one request that may have made it; no request has two."""
    by_request: dict[str, list[Task]] = defaultdict(list)
    for task in evidence.tasks.values():
        if not task.is_ours or task.schedule:
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


def _unexplained(task: Task, request: Request | None) -> Iterator[Violation]:
    if request is None:
        yield Violation("unexplained task", "no client asked for it", task.id)
    elif request.end == "refused":
        yield Violation(
            "unexplained task", f"request {request.id} was refused ({request.code})", task.id
        )


def own_tasks_are_explained(evidence: Evidence) -> Iterator[Violation]:
    """The system's own tasks are bulk actions that were asked for, or chores of a schedule."""
    fired = {fire.task for fire in evidence.fires}
    bulk = [t for t in evidence.tasks.values() if not t.is_ours and t.id not in fired]
    asked = sum(d.action == "replay-kind" and d.may_have_worked for d in evidence.demands)
    if len(bulk) > asked:
        yield Violation("unexplained task", f"{len(bulk)} bulk actions, {asked} asked", bulk[0].id)


def generations_are_asked_for(evidence: Evidence) -> Iterator[Violation]:
    """Each generation after the first has a retry or a replay that began it, and each yes one."""
    bulk = {d.action for d in evidence.demands if d.may_have_worked} >= {"replay-kind"}
    for task in evidence.tasks.values():
        demands = [d for d in evidence.demands_of.get(task.id, []) if d.action in _NEXT_GENERATION]
        sure = sum(d.code is not None and d.code < 300 for d in demands)
        most = sum(d.may_have_worked for d in demands)
        begun = task.generation - 1
        if begun < sure:
            yield Violation("lost retry", f"{sure} were promised, {begun} came", task.id)
        elif begun > most and not (bulk and task.kind in _IN_BULK):
            yield Violation("unexplained generation", f"{begun} came, {most} asked", task.id)
