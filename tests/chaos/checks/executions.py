"""What ran, as the jobs themselves noted it: enough, not early, and not twice without a cause."""

from collections.abc import Iterator
from itertools import groupby, pairwise

from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Evidence, Execution, Fault

#: A broker notices a silent client, and hands its messages on, within this time after it.
_HEARTBEATS = 30.0
#: A message can have been published twice so long before both are run: by a relay that lost its
#: broker or its database between the confirm and the commit.
_LAST_PUBLISHED = 60.0
#: Clocks are read shortly after what they are to tell.
_SLACK = 0.5
#: The database keeps microseconds, and its clock is read earlier than the job's.
_EARLY = 0.005
_OUTCOMES = frozenset({"task.succeeded", "task.retrying", "task.waiting", "task.failed"})
#: A process that is asked to stop finishes what runs, and gives back what does not.
_HARMLESS = frozenset({"delay", "terminate"})
_IRRELEVANT = ("recorder", "gateway", "client", "jobs", "statuses", "artifacts")


def executions_belong_to_tasks(evidence: Evidence) -> Iterator[Violation]:
    """Nothing ran that is not a task, nor as an attempt that it cannot have had."""
    for task_id, executions in evidence.executions_of.items():
        task = evidence.tasks.get(task_id)
        if task is None:
            yield Violation("execution without task", "it ran, its task is gone", task_id)
            continue
        for execution in executions:
            latest = (task.generation, task.dispatch, task.attempt)
            if (execution.generation, execution.dispatch, execution.attempt) > latest:
                yield Violation(
                    "execution ahead of its task",
                    f"dispatch {execution.dispatch} ran, the row knows {task.dispatch}",
                    task_id,
                )


def outcomes_have_executions(evidence: Evidence) -> Iterator[Violation]:
    """Each recorded outcome is what an execution of that dispatch came to."""
    for entry in evidence.history:
        if entry.type not in _OUTCOMES:
            continue
        ran = [
            execution
            for execution in evidence.executions_of.get(entry.task, [])
            if (execution.generation, execution.dispatch) == (entry.generation, entry.dispatch)
        ]
        if not ran:
            yield Violation(
                "outcome without execution",
                f"{entry.type} of dispatch {entry.dispatch}, which never ran",
                entry.task,
            )
        elif entry.type == "task.succeeded" and not any(e.end == "ok" for e in ran):
            yield Violation(
                "success without execution", "no execution of it came to its end", entry.task
            )


def nothing_runs_twice_without_cause(evidence: Evidence) -> Iterator[Violation]:
    """A dispatch runs again only where a kill, a freeze, a cut or a duplicate overlaps."""
    for task_id, executions in evidence.executions_of.items():
        ordered = sorted(executions, key=lambda e: (e.message, e.began))
        for message, group in groupby(ordered, key=lambda e: e.message):
            for earlier, later in pairwise(group):
                if not _is_explained(evidence, message, earlier, later):
                    gap = later.began - earlier.began
                    yield Violation(
                        "unexplained second execution",
                        f"dispatch {later.dispatch} ran in {earlier.process} and {gap:.2f} s later"
                        f" in {later.process}; no fault overlaps",
                        task_id,
                    )


def nothing_runs_before_its_time(evidence: Evidence) -> Iterator[Violation]:
    """A task that was given a delay starts after it, by the database's clock."""
    for task in evidence.tasks.values():
        request = evidence.request_of.get(task.request or "")
        delayed = request is not None and request.delay is not None
        if delayed and task.due_at is None:
            yield Violation("delay forgotten", "it was given a delay, its row has none", task.id)
        for execution in evidence.executions_of.get(task.id, []):
            if task.due_at is not None and execution.wall < task.due_at - _EARLY:
                early = task.due_at - execution.wall
                yield Violation("too early", f"ran {early:.3f} s before its time", task.id)


def _is_explained(evidence: Evidence, message: str, earlier: Execution, later: Execution) -> bool:
    if any(moment <= later.began for moment in evidence.duplicates.get(message, ())):
        return True
    return any(_explains(fault, earlier, later) for fault in evidence.faults)


def _explains(fault: Fault, earlier: Execution, later: Execution) -> bool:
    """Whether this fault can have made the broker deliver, or the relay publish, once more."""
    process = fault.target.partition(">")[0]
    if process.startswith(_IRRELEVANT) or fault.kind in _HARMLESS:
        return False
    if process in {earlier.process, "rabbitmq"}:
        lasts = fault.kind in {"freeze", "freeze-server", "stall"}
        ended = fault.ended + (_HEARTBEATS if lasts else _SLACK)
        return fault.began <= later.began and ended >= earlier.began - _SLACK
    if process.startswith("relay") or process == "postgres":
        return fault.began <= later.began and fault.ended >= earlier.began - _LAST_PUBLISHED
    return False
