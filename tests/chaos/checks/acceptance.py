"""What was accepted exists exactly once, and nothing exists that nobody asked for."""

from collections import defaultdict
from collections.abc import Iterator

from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Evidence, Request, Task


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
        elif (task.request, task.kind) != (request.id, request.kind):
            yield Violation(
                "wrong task", f"request {request.id} was answered with another's task", task.id
            )


def tasks_have_a_request(evidence: Evidence) -> Iterator[Violation]:
    """Every task belongs to one request that may have made it; no request has two."""
    by_request: dict[str, list[Task]] = defaultdict(list)
    for task in evidence.tasks.values():
        by_request[task.request or ""].append(task)
        yield from _unexplained(task, evidence.request_of.get(task.request or ""))
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
