"""What ran, as the jobs themselves noted it: enough of it, not more, and not early."""

from collections.abc import Iterator

from tests.chaos.checks.ends import is_without_slot
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Evidence

#: The database keeps microseconds, and its clock is read earlier than the job's.
_EARLY = 0.005
_OUTCOMES = frozenset({"task.succeeded", "task.retrying", "task.waiting", "task.failed"})


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
        if entry.type not in _OUTCOMES or is_without_slot(evidence, entry):
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
