"""A job may run again only where something that was done to the system made it so."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from tests.chaos.checks.expectations import POISON_APART
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Evidence, Execution, Fault

#: On a busy machine a confirm, an ack or a commit may be so late.
_SLACK = 3.0
#: A broker that stood still drops clients whose heartbeats it thinks it has missed so much later.
_HEARTBEATS = 25.0
_BROKER, _DATABASE = "rabbitmq", "postgres"
#: A process that is asked to stop finishes what runs, and gives back what does not.
_HARMLESS = frozenset({"delay", "terminate"})


def nothing_runs_twice_without_cause(evidence: Evidence) -> Iterator[Violation]:
    """A dispatch runs again only after a kill, a freeze, a cut or a duplicate that fits."""
    for task_id, executions in evidence.executions_of.items():
        ordered = sorted(executions, key=lambda e: (e.message, e.began))
        for message, group in groupby(ordered, key=lambda e: e.message):
            runs = list(group)
            for number, later in enumerate(runs[1:], start=1):
                if not _is_explained(evidence, message, runs[:number], later):
                    gap = later.began - runs[number - 1].began
                    yield Violation(
                        "unexplained second execution",
                        f"dispatch {later.dispatch} ran again {gap:.2f} s later in"
                        f" {later.process}; no fault fits",
                        task_id,
                    )


def _is_explained(
    evidence: Evidence, message: str, earlier: Sequence[Execution], later: Execution
) -> bool:
    if any(moment <= later.began for moment in evidence.duplicates.get(message, ())):
        return True
    task = evidence.tasks.get(later.task)
    if task is not None and task.kind == POISON_APART and earlier[-1].end is None:
        return True  # its slot died of it, and it runs once more, alone
    issued = _issued(evidence, later)
    return any(
        fault.began <= later.began and _explains(fault, run, issued)
        for fault in (*evidence.faults, *evidence.deaths)
        for run in earlier
        if fault.kind not in _HARMLESS
    )


def _explains(fault: Fault, run: Execution, issued: float) -> bool:
    """Whether the fault can have kept `run` from being acked, or had its message sent twice."""
    process = fault.target.partition(">")[0]
    # Acked at its end, or a little later; a killed run never.
    acked = run.ended + _SLACK if run.ended is not None else float("inf")
    if process == run.process:
        return _overlaps(fault, run.began - _SLACK, acked)
    if process == _BROKER:
        late = _HEARTBEATS if fault.kind == "freeze-server" else _SLACK
        return _overlaps(fault, min(issued, run.began) - late, acked)
    if process == _DATABASE or process.startswith("relay"):
        # Confirmed by the broker, but taken out of the outbox only later.
        return _overlaps(fault, issued - _SLACK, run.began + _SLACK)
    return False


def _overlaps(fault: Fault, begin: float, end: float) -> bool:
    return fault.began <= end and fault.ended >= begin


def _issued(evidence: Evidence, run: Execution) -> float:
    """The monotonic moment from which the relay could publish the message of a run."""
    task = evidence.tasks.get(run.task)
    before = [
        entry.at
        for entry in evidence.history_of.get(run.task, [])
        if (entry.generation, entry.dispatch) == (run.generation, run.dispatch - 1)
    ]
    accepted = [task.due_at or task.created_at] if task else [run.wall]
    return run.began + max(before or accepted) - run.wall
