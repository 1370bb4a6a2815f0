"""What may be slow under faults has a bound all the same."""

from collections.abc import Iterator
from itertools import groupby

from tests.chaos.checks.expectations import ALONE, LIMITED
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Evidence, Execution

#: In seconds. A frozen recorder holds everything up for some 25 s, a frozen worker what it had at
#: hand for some 40 s, and what is suspected runs alone for some seconds; several of these may come
#: one after the other, and the work that has piled up meanwhile comes first. What vanished is swept
#: when nothing was disturbed for 60 to 75 s, which has no bound but the end of the faults.
LONGEST_WAIT = 300.0
_MOST_RUNS = 3
#: Of what kills its process, before it runs alone.
_DEADLY_RUNS = 2
#: Of so many requests this share must have been accepted.
_ENOUGH, _SHARE = 20, 0.3
#: Seconds after its end in which a run is acked.
_ACKED = 1.0
_KILLS = frozenset({
    "kill", "kill-server", "kill-postmaster", "kill-slot", "kill-unconfirmed",
    "kill-at-work",
})  # fmt: skip
_LIMITED = frozenset({LIMITED, ALONE})


def the_load_got_through(evidence: Evidence) -> Iterator[Violation]:
    """A run in which hardly anything was accepted has shown nothing."""
    accepted = sum(request.end == "accepted" for request in evidence.requests)
    asked = len(evidence.requests)
    if asked >= _ENOUGH and accepted < _SHARE * asked:
        yield Violation("no load", f"only {accepted} of {asked} requests were accepted")


def the_system_comes_to_rest(evidence: Evidence) -> Iterator[Violation]:
    """After the last disturbance tasks go on ending until there is none left."""
    if evidence.rest is None:
        yield Violation("no rest", "nothing ended any more, and not all had ended")


def tasks_start_in_time(evidence: Evidence) -> Iterator[Violation]:
    """However much was disturbed, a task starts within LONGEST_WAIT.

    Unless a limit holds it back, or its message had vanished.
    """
    for task_id, runs in evidence.executions_of.items():
        task = evidence.tasks.get(task_id)
        if task is None or task.kind in _LIMITED or runs[0].generation > 1:
            continue
        if any(entry.type == "task.swept" for entry in evidence.history_of.get(task_id, [])):
            continue
        waited = runs[0].wall - (task.due_at or task.created_at)
        if waited > LONGEST_WAIT and not _was_purged(evidence, runs[0], waited):
            yield Violation("slow start", f"it began after {waited:.0f} s", task_id)


def _was_purged(evidence: Evidence, first: Execution, waited: float) -> bool:
    """Whether all messages were taken away while its own waited.

    An injected duplicate may have started it before the sweeper did.
    """
    return any(
        fault.kind == "purge" and first.began - waited <= fault.ended and fault.began <= first.began
        for fault in evidence.faults
    )


def dispatches_run_a_few_times(evidence: Evidence) -> Iterator[Violation]:
    """At most three runs of a dispatch, but for those that were killed or doubled.

    One run may execute twice: in a slot that dies of it, and then alone.
    """
    for task_id, executions in evidence.executions_of.items():
        ordered = sorted(executions, key=lambda e: (e.message, e.began))
        for message, group in groupby(ordered, key=lambda e: e.message):
            runs = {run.run for run in group if not _was_killed(evidence, run)}
            deadly = _DEADLY_RUNS if evidence.is_poison(task_id) else 0
            doubles = len(evidence.duplicates.get(message, ()))
            if len(runs) > _MOST_RUNS + deadly + doubles:
                yield Violation("too many runs", f"{message} ran {len(runs)} times", task_id)


def _was_killed(evidence: Evidence, run: Execution) -> bool:
    """Whether it, or its process before it can have been acked, was killed.

    By the harness, or by a poisonous neighbour; what kills itself has its own bound.
    """
    if run.end is None and run.pid in evidence.killed_slots:
        return True
    acked = run.ended + _ACKED if run.ended is not None else float("inf")
    kills = (fault for fault in evidence.faults if fault.kind in _KILLS)
    neighbours = () if evidence.is_poison(run.task) else evidence.deaths
    return any(
        fault.target == run.process and fault.ended >= run.began and fault.began <= acked
        for fault in (*kills, *neighbours)
    )
