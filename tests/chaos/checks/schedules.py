"""Schedules fire each due time once, none too early, and make up for what was missed."""

from collections import Counter
from collections.abc import Iterator

from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Demand, Evidence

_MINUTE = 60
#: What came due so shortly before the end may have been left out, in seconds.
_JUST_BEFORE = 20.0
_EARLY = 0.005


def due_times_fire_once(evidence: Evidence) -> Iterator[Violation]:
    """Each due time of a schedule has one task, and each task of a schedule a due time."""
    fired = Counter(fire.task for fire in evidence.fires)
    for task in evidence.tasks.values():
        if task.schedule and fired[task.id] != 1:
            yield Violation("unexplained task", f"{task.schedule} has no such due time", task.id)
    for fire in evidence.fires:
        made = evidence.tasks.get(fire.task)
        if made is None:
            yield Violation("lost task", f"{fire.schedule} fired, its task is gone", fire.task)
        elif made.schedule and made.state != "succeeded":
            yield Violation("wrong end", f"a task of {fire.schedule} is {made.state}", made.id)


def nothing_fires_too_early(evidence: Evidence) -> Iterator[Violation]:
    """No task of a schedule runs before its due time."""
    for fire in evidence.fires:
        for run in evidence.executions_of.get(fire.task, []):
            if run.wall < fire.due - _EARLY:
                yield Violation("too early", f"{fire.due - run.wall:.3f} s before", fire.task)


def no_due_time_is_missed(evidence: Evidence) -> Iterator[Violation]:
    """Every minute between the schedule's begin and its end has fired."""
    begun = {d.schedule: d for d in evidence.demands if d.action == "schedule"}
    ended = [d for d in evidence.demands if d.action == "unschedule"]
    for name, begin in begun.items():
        end = min((d.wall for d in ended if d.schedule == name), default=None)
        if name is None or end is None or not _is_sure(begin):
            continue
        due = {fire.due for fire in evidence.fires if fire.schedule == name}
        first = (int(begin.wall + _JUST_BEFORE) // _MINUTE + 1) * _MINUTE
        for minute in range(first, int(end - _JUST_BEFORE), _MINUTE):
            if minute not in due:
                yield Violation("missed due time", f"{name} did not fire at {minute}")


def _is_sure(demand: Demand) -> bool:
    return demand.code is not None and demand.code < 300
