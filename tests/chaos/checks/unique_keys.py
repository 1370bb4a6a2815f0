"""Of one customer, one kind and one unique key no more than one task lives at a time."""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

from tests.chaos.checks.courses import Course, courses
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Evidence

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Life:
    """When a generation of a task certainly lived; seconds since 1970."""

    task: str
    generation: int
    since: float
    until: float


def unique_keys_are_unique(evidence: Evidence) -> Iterator[Violation]:
    """Nothing begins with the unique key of what lives, be it a new task or one's next generation.

    The moments are those of clients and runs, which lie within a generation: those of transactions
    are when they began, before they waited for each other.
    """
    for (_, kind, key), lives in _lives(evidence).items():
        ordered = sorted(lives, key=attrgetter("since"))
        for number, later in enumerate(ordered):
            for earlier in ordered[:number]:
                if earlier.task != later.task and earlier.until > later.since:
                    together = min(earlier.until, later.until) - later.since
                    words = f"{kind} {key!r}: lived {together:.2f} s beside {earlier}"
                    yield Violation("unique key twice", words, later.task)


def _lives(evidence: Evidence) -> dict[_Key, list[_Life]]:
    told = {r.task: r.told_at for r in evidence.requests if r.told_at and not r.unique}
    found: dict[_Key, list[_Life]] = defaultdict(list)
    for course in courses(evidence):
        task = course.task
        if task.unique_key is None:
            continue
        seen = _moments(evidence, course)
        if course.generation == 1 and task.id in told:
            seen.append(told[task.id])
        until = course.end.at if course.end else math.inf
        if seen and min(seen) < until:
            life = _Life(task.id, course.generation, min(seen), until)
            found[task.customer, task.kind, task.unique_key].append(life)
    return found


def _moments(evidence: Evidence, course: Course) -> list[float]:
    runs = evidence.executions_of.get(course.task.id, [])
    return [run.wall for run in runs if run.generation == course.generation]
