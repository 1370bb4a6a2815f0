"""Starts keep to their limits, and urgent work does not wait behind the rest."""

import bisect
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tests.chaos.checks.expectations import ALONE, BURST, LIMITED, RATE, URGENT
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Evidence, Execution

#: Between a start, as it counts, and its line in the log.
_NOTED = 0.25
#: After a disturbance processes need this long to be themselves again.
_AFTER_FAULTS = 12.0
#: A worker takes one in twenty from each lower lane, and has some at hand.
_LOW_SHARE, _AT_HAND = 0.1, 8


def rates_are_kept(evidence: Evidence) -> Iterator[Violation]:
    """Within any second at most rate + burst dispatches of a key start for the first time.

    Not counted are those that run alone in a process made for them, which begin late, and those
    that began while their worker stood still or was cut off.
    """
    for key, runs in _first_runs(evidence, LIMITED).items():
        moments = [r.began for r in runs if not r.apart and not _was_disturbed(evidence, r)]
        for number, moment in enumerate(moments):
            within = bisect.bisect_left(moments, moment + 1.0 - _NOTED) - number
            if within > RATE + BURST:
                yield Violation(
                    "rate exceeded", f"{within} starts of {key!r} in a second", runs[number].task
                )
                break


def places_are_kept(evidence: Evidence) -> Iterator[Violation]:
    """Tasks of one key run one after the other, unless one's worker was disturbed meanwhile."""
    for key, runs in _first_runs(evidence, ALONE).items():
        for number, run in enumerate(runs):
            if run.ended is None or _was_disturbed(evidence, run):
                continue
            for other in runs[number + 1 :]:
                if other.began >= run.ended:
                    break
                if other.task != run.task:
                    yield Violation("limit ignored", f"two of {key!r} at a time", other.task)


def urgent_work_comes_first(evidence: Evidence) -> Iterator[Violation]:
    """While nothing is disturbed, few low jobs start in a worker before an urgent one."""
    by_process: dict[str, list[Execution]] = defaultdict(list)
    for run in sorted(evidence.executions, key=lambda r: r.began):
        by_process[run.process].append(run)
    for task_id, runs in evidence.executions_of.items():
        task = evidence.tasks.get(task_id)
        if task is None or task.kind != URGENT or task.generation > 1:
            continue
        urgent = runs[0]
        waits_from = urgent.began - urgent.wall + (task.due_at or task.created_at) + _NOTED
        if _is_disturbed(evidence, waits_from - _AFTER_FAULTS, urgent.began):
            continue
        meanwhile = [r for r in by_process[urgent.process] if waits_from < r.began < urgent.began]
        low = sum(evidence.lane_of(r.task) == "low" for r in meanwhile)
        if low > _AT_HAND + _LOW_SHARE * len(meanwhile):
            yield Violation(
                "urgent waited", f"{low} low jobs of {len(meanwhile)} started before it", task_id
            )


def _first_runs(evidence: Evidence, kind: str) -> Mapping[str, Sequence[Execution]]:
    """By the key of the limit: the first execution of each dispatch, as they began."""
    firsts: dict[str, Execution] = {}
    for run in sorted(evidence.executions, key=lambda r: r.began):
        firsts.setdefault(run.message, run)
    found: dict[str, list[Execution]] = defaultdict(list)
    for run in firsts.values():
        task = evidence.tasks.get(run.task)
        request = evidence.wish_of(task) if task else None
        if task is not None and task.kind == kind and request is not None:
            found[request.payload["key"]].append(run)
    return found


def _was_disturbed(evidence: Evidence, run: Execution) -> bool:
    """Whether something hit the process or a server while it ran, or shortly before it began."""
    until = run.ended or run.began
    return any(
        fault.target.partition(">")[0] in {run.process, "rabbitmq", "postgres"}
        and fault.began <= until
        and fault.ended >= run.began - 1.0
        for fault in (*evidence.faults, *evidence.deaths)
    )


def _is_disturbed(evidence: Evidence, begin: float, end: float) -> bool:
    return any(
        fault.began <= end and fault.ended >= begin
        for fault in (*evidence.faults, *evidence.deaths)
    )
