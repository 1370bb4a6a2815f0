"""Effects are single, whole, and none comes after a cancellation."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

from tests.chaos.checks.courses import courses
from tests.chaos.checks.expectations import effects_of
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Demand, Effect, Evidence, Execution

#: A write that was on its way when the worker said that it is cancelled.
_ON_ITS_WAY = 0.05
#: In so many seconds after a write it is recorded.
_RECORDED = 1.0
DISK = "artifacts"
#: The answer to a cancellation that a worker has to confirm.
_ORDERED = 202
#: Seconds: to publish the order, to look for it or to be killed, and some for a busy machine.
_TAKES_HOLD = 4.0
#: What was disturbed so long before may not have reached the workers yet.
_BEFORE = 12.0


def effects_are_single(evidence: Evidence) -> Iterator[Violation]:
    """No task writes a step twice, in whatever attempt or generation.

    The sink takes each key once. A second write is only tried where the first one's process was hit
    before the write could be recorded, or where two runs of a message (whether they may be is for
    another check) come to it at the same time.
    """
    writes: dict[tuple[str, str], list[Effect]] = defaultdict(list)
    for effect in sorted(evidence.effects, key=lambda e: e.at):
        writes[effect.task, effect.step].append(effect)
    for (task, step), all_of_it in writes.items():
        tried = [effect for effect in all_of_it if not effect.taken]
        if len(all_of_it) - len(tried) > 1:
            yield Violation("doubled effect", f"the sink took {step} twice", task)
        for earlier, later in pairwise(tried):
            at_once = later.pid != earlier.pid and later.at - earlier.at <= _RECORDED
            if not at_once and not _was_hit(evidence, earlier):
                yield Violation(
                    "repeated write",
                    f"{step} was written again after {later.at - earlier.at:.2f} s",
                    task,
                )


def successes_have_their_effects(evidence: Evidence) -> Iterator[Violation]:
    """What succeeded has written all its steps: the sink has them, whatever the jobs could log."""
    for task in evidence.tasks.values():
        request = evidence.wish_of(task)
        if task.state != "succeeded" or request is None:
            continue
        written = evidence.sink.get(task.id, frozenset())
        if len(written) != effects_of(task.kind, request.payload):
            yield Violation("missing effect", f"only {sorted(written)}", task.id)


def nothing_is_done_after_a_cancellation(evidence: Evidence) -> Iterator[Violation]:
    """After `cancelled` no run of that generation, or of an earlier one, writes anything."""
    by_task: dict[str, list[Effect]] = defaultdict(list)
    for effect in evidence.effects:
        if effect.taken:
            by_task[effect.task].append(effect)
    for course in courses(evidence):
        end = course.end
        if course.state != "cancelled" or end is None:
            continue
        for effect in by_task.get(course.task.id, []):
            late = effect.wall - end.at
            if effect.generation <= course.generation and late > _ON_ITS_WAY:
                yield Violation(
                    "effect after cancellation",
                    f"{effect.step} was written {late:.3f} s after it, by {effect.process}",
                    course.task.id,
                )


def confirmed_cancellations_stand(evidence: Evidence) -> Iterator[Violation]:
    """A request that was told `cancelled` has a generation that ended so.

    Operators cancel for those, too, who are erased later; others' tasks that are gone are noticed
    as such.
    """
    ended = Counter(c.task.id for c in courses(evidence) if c.state == "cancelled")
    for demand in evidence.demands:
        told = demand.action == "cancel" and demand.code == 200
        if told and evidence.erased and demand.task not in evidence.tasks:
            continue
        if told and demand.state == "cancelled" and not ended[demand.task or ""]:
            yield Violation("lost cancellation", "it was confirmed, and is not so", demand.task)


def cancellations_take_hold(evidence: Evidence) -> Iterator[Violation]:
    """What runs when it is cancelled ends within seconds, where nothing is disturbed."""
    for demand in evidence.demands:
        if demand.action != "cancel" or demand.code != _ORDERED or demand.told is None:
            continue
        for run in evidence.executions_of.get(demand.task or "", []):
            if run.ended is None or run.began > demand.asked:
                continue
            if run.ended - demand.told > _TAKES_HOLD and not _is_disturbed(evidence, demand, run):
                late = run.ended - demand.told
                yield Violation("cancellation ignored", f"ran for {late:.1f} s more", run.task)


def _is_disturbed(evidence: Evidence, demand: Demand, run: Execution) -> bool:
    end = run.ended or run.began
    return any(
        fault.began <= end and fault.ended >= demand.asked - _BEFORE
        for fault in (*evidence.faults, *evidence.deaths)
    )


def _was_hit(evidence: Evidence, effect: Effect) -> bool:
    if effect.pid in evidence.killed_slots:
        return True
    hits = [*evidence.faults, *evidence.deaths]
    return any(
        fault.target.partition(">")[0] in {effect.process, DISK}
        and fault.began <= effect.at + _RECORDED
        and fault.ended >= effect.at
        for fault in hits
    )
