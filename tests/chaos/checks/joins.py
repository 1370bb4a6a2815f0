"""Batches: all members, one callback for each end, and in it the truth about every member."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from tests.chaos.checks.courses import ENDS, STOPS, courses
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.families import BatchRow, Descent
from tests.chaos.evidence.model import Evidence, Task

#: What runs say by their clocks, and the database by its own.
_CLOCKS = 0.5
_WITH_ALL_MEMBERS = frozenset({"results", "states"})


def batches_are_whole(evidence: Evidence) -> Iterator[Violation]:
    """A batch that was not cancelled has all of its members, each in its place."""
    members = _members(evidence)
    for batch in evidence.batches.values():
        task = evidence.tasks.get(batch.task)
        if task is None:
            yield Violation("lost task", "a batch without its task", batch.task)
            continue
        places = sorted(row.position for row in members.get(batch.task, []))
        whole = places == list(range(batch.total))
        if not whole and not (_was_cancelled(evidence, task) and _is_part(places, batch.total)):
            yield Violation("wrong members", f"{places} of {batch.total}", batch.task)
    for row in evidence.members.values():
        member = evidence.tasks.get(row.task)
        if member is None or row.batch not in evidence.batches:
            yield Violation("wrong members", f"{row} is of nobody", row.batch)
        elif member.state != row.state:
            yield Violation(
                "miscounted member", f"{member.state}, counted as {row.state}", row.task
            )


def batches_end_as_their_members(evidence: Evidence) -> Iterator[Violation]:
    """A batch has succeeded when all members had; else it has failed, or somebody stopped it."""
    members = _members(evidence)
    for batch in evidence.batches.values():
        task = evidence.tasks.get(batch.task)
        if task is None or task.state not in {"succeeded", "failed"}:
            continue
        if task.state == "succeeded":
            others = {r.task for r in members.get(batch.task, []) if r.state != "succeeded"}
            if others:
                yield Violation("wrong end", f"it succeeded without {others}", task.id)
        told = _outcome(evidence, batch, task.generation)
        if told and (told.get("succeeded") == batch.total) != (task.state == "succeeded"):
            yield Violation("wrong end", f"{task.state}, and said {told!r:.200}", task.id)


def callbacks_come_once(evidence: Evidence) -> Iterator[Violation]:
    """Each end of a batch but a cancellation has its callback, and no callback comes without."""
    ended = {(c.task.id, c.generation): c.state for c in courses(evidence)}
    for descent in (d for d in evidence.descents.values() if d.role == "callback"):
        state = ended.get((descent.parent, descent.generation))
        due = state in {"succeeded", "failed"}
        there = descent.task in evidence.tasks
        if due and not there:
            yield Violation("missing callback", f"{descent.key} of a {state} batch", descent.parent)
        elif there and not due:
            yield Violation("callback too early", f"the batch is {state}", descent.parent)


def callbacks_tell_the_truth(evidence: Evidence) -> Iterator[Violation]:
    """The payload names each member with an end that it had by then, and the right numbers."""
    ends = _ends(evidence)
    members = _members(evidence)
    for descent in (d for d in evidence.descents.values() if d.role == "callback"):
        callback = evidence.tasks.get(descent.task)
        batch = evidence.batches.get(descent.parent)
        if callback is None or batch is None:
            continue
        told = (callback.payload or {}).get("batch") or {}
        wrong = _wrong_numbers(callback, descent, batch, told)
        rows = {row.position: row.task for row in members.get(batch.task, [])}
        # A task has the time at which its transaction began, which may have waited for its locks.
        over = [at for at, _ in ends.get(batch.task, [])][descent.generation - 1 :][:1]
        wrong += _wrong_members(told, rows, ends, max([callback.created_at, *over]) + _CLOCKS)
        if wrong:
            yield Violation("untrue callback", "; ".join(wrong)[:500], callback.id)


def members_end_with_their_batch(evidence: Evidence) -> Iterator[Violation]:
    """Cancelling a batch tells all members to end that live then."""
    of = {row.task: row.batch for row in evidence.members.values()}
    told: dict[str, list[float]] = defaultdict(list)
    for entry in evidence.history:
        if entry.task in evidence.batches and entry.type == "task.cancelling":
            told[entry.task].append(entry.at)
    for course in courses(evidence):
        for moment in told.get(of.get(course.task.id, ""), []):
            if course.lived(moment - _CLOCKS, moment + _CLOCKS) and not course.is_stopped:
                yield Violation("member outlives its batch", "nobody stopped it", course.task.id)


def _wrong_numbers(
    callback: Task, descent: Descent, batch: BatchRow, told: dict[str, Any]
) -> list[str]:
    counts = Counter(member["state"] for member in told.get("members", []))
    wrong = []
    if callback.payload.get("label") != descent.payload["label"]:
        wrong.append(f"its label is {callback.payload.get('label')}")
    if (told.get("batch_id"), told.get("generation")) != (batch.task, descent.generation):
        wrong.append(f"it speaks of {told.get('batch_id')}, {told.get('generation')}")
    if told.get("total") != batch.total or _sum(told) != batch.total:
        wrong.append(f"it counts {_sum(told)} of {told.get('total')}, not {batch.total}")
    if told.get("detail") in _WITH_ALL_MEMBERS:
        wrong += [f"{n} {state}" for state, n in counts.items() if told.get(state) != n]
    return wrong


def _wrong_members(
    told: dict[str, Any],
    rows: dict[int, str],
    ends: dict[str, list[tuple[float, str]]],
    until: float,
) -> list[str]:
    if told.get("detail") not in _WITH_ALL_MEMBERS:
        return []
    named = {member["position"]: member for member in told.get("members", [])}
    wrong = [] if named.keys() == rows.keys() else [f"it names {sorted(named)}"]
    for position, member in named.items():
        had = [state for at, state in ends.get(member["task_id"], []) if at <= until]
        if rows.get(position) != member["task_id"] or member["state"] not in had:
            wrong.append(f"member {position} is told as {member['state']}, had been {had}")
    return wrong


def _sum(told: dict[str, Any]) -> int:
    return sum(int(told.get(state) or 0) for state in ENDS.values())


def _outcome(evidence: Evidence, batch: BatchRow, generation: int) -> dict[str, Any] | None:
    for descent in evidence.descents.values():
        if (descent.role, descent.parent, descent.generation) == (
            "callback", batch.task, generation,
        ):  # fmt: skip
            callback = evidence.tasks.get(descent.task)
            return (callback.payload or {}).get("batch") if callback else None
    return None


def _members(evidence: Evidence) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in evidence.members.values():
        found.setdefault(row.batch, []).append(row)
    return found


def _ends(evidence: Evidence) -> dict[str, list[tuple[float, str]]]:
    found: dict[str, list[tuple[float, str]]] = {}
    for course in courses(evidence):
        if course.end is not None and course.state is not None:
            found.setdefault(course.task.id, []).append((course.end.at, course.state))
    return found


def _was_cancelled(evidence: Evidence, task: Task) -> bool:
    history = evidence.history_of.get(task.id, [])
    return any(entry.type in STOPS for entry in history)


def _is_part(places: list[int], total: int) -> bool:
    return len(places) == len(set(places)) and all(0 <= place < total for place in places)
