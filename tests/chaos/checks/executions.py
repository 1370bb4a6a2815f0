"""What ran, as the jobs themselves noted it: enough of it, not more, and not early."""

from collections.abc import Iterator

from tests.chaos.checks.ends import is_without_slot
from tests.chaos.checks.expectations import SAVES_FILE
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Entry, Evidence, Execution

#: The database keeps microseconds, and its clock is read earlier than the job's.
_EARLY = 0.005
#: Between the worker's look at the clock and the job's own, on a busy machine.
_LATE = 1.5
_OUTCOMES = frozenset({"task.succeeded", "task.retrying", "task.waiting", "task.failed"})


def executions_belong_to_tasks(evidence: Evidence) -> Iterator[Violation]:
    """Nothing ran that is not a task, nor as an attempt that it cannot have had."""
    for task_id, executions in evidence.executions_of.items():
        task = evidence.tasks.get(task_id)
        if task is None:
            yield Violation("execution without task", "it ran, its task is gone", task_id)
            continue
        for execution in executions:
            # What was cancelled between its publication and the relay's commit looked unpublished.
            more = int(task.state == "cancelled")
            latest = (task.generation, task.dispatch + more, task.attempt + more)
            if (execution.generation, execution.dispatch, execution.attempt) > latest:
                yield Violation(
                    "execution ahead of its task",
                    f"dispatch {execution.dispatch} ran, the row knows {task.dispatch}",
                    task_id,
                )


def outcomes_have_executions(evidence: Evidence) -> Iterator[Violation]:
    """Each recorded outcome is what an execution of that dispatch came to."""
    for entry in evidence.history:
        if not _comes_from_a_run(evidence, entry):
            continue
        task = evidence.tasks.get(entry.task)
        # An outcome that was kept with files is also that of later dispatches.
        kept = task is not None and task.kind in SAVES_FILE and entry.type == "task.succeeded"
        ran = [
            execution
            for execution in evidence.executions_of.get(entry.task, [])
            if kept
            or (execution.generation, execution.dispatch) == (entry.generation, entry.dispatch)
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


def nothing_starts_too_late(evidence: Evidence) -> Iterator[Violation]:
    """A task with a time to start by does not start after it, unless its worker stood still.

    Only its first run counts, and not where it waited for a process of its own.
    """
    for request in evidence.requests:
        task = evidence.tasks.get(request.task or "")
        if task is None or request.expires_in is None or request.unique:
            continue
        first = next((run for run in evidence.executions_of.get(task.id, [])), None)
        if first is None or first.apart or first.generation > 1:
            continue
        late = first.wall - request.sent_at - request.expires_in
        if late > _LATE and not _stood_still(evidence, first):
            yield Violation("too late", f"began {late:.1f} s after its expires_at", task.id)


def _stood_still(evidence: Evidence, run: Execution) -> bool:
    return any(
        fault.target.partition(">")[0] == run.process
        and fault.began <= run.began
        and fault.ended >= run.began - _LATE
        for fault in evidence.faults
    )


def _comes_from_a_run(evidence: Evidence, entry: Entry) -> bool:
    if entry.type not in _OUTCOMES or entry.run is None or is_without_slot(evidence, entry):
        return False
    task = evidence.tasks.get(entry.task)
    if task is None or not task.leaves_lines:
        return task is None
    request = evidence.wish_of(task)
    # A worker that finds it too late gives it back without running it.
    expiring = request is not None and request.expires_in is not None
    return not (expiring and entry.type == "task.waiting")


def nothing_runs_before_its_time(evidence: Evidence) -> Iterator[Violation]:
    """A task that was given a delay starts after it, by the database's clock."""
    for task in evidence.tasks.values():
        request = evidence.wish_of(task)
        delayed = request is not None and request.delay is not None
        if delayed and task.due_at is None and task.generation == 1:
            yield Violation("delay forgotten", "it was given a delay, its row has none", task.id)
        for execution in evidence.executions_of.get(task.id, []):
            later = execution.generation > 1
            if task.due_at is not None and not later and execution.wall < task.due_at - _EARLY:
                early = task.due_at - execution.wall
                yield Violation("too early", f"ran {early:.3f} s before its time", task.id)
