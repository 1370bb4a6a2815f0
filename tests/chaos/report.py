"""The summary of a run, and its violations with everything that is known about their tasks."""

from collections import Counter
from collections.abc import Mapping, Sequence

from tests.chaos.checks.cleaning import CLEAN_UPS
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Demand, Evidence, Letter

_MOST_LINES = 40
_MOST_VIOLATIONS = 50


def summary(evidence: Evidence, found: Sequence[Violation]) -> str:
    """Tasks by kind and end, faults by kind, executions, violations by name."""
    tasks = evidence.tasks.values()
    ends = Counter((task.kind, task.state) for task in evidence.tasks.values())
    requests = Counter[str](request.end for request in evidence.requests)
    faults = Counter(fault.kind for fault in evidence.faults)
    messages = Counter(execution.message for execution in evidence.executions)
    again = sum(count - 1 for count in messages.values())
    return "\n".join(
        [
            f"requests: {_counts(requests)}",
            f"tasks: {len(evidence.tasks)}",
            *(f"  {kind:20} {state:10} {n:6}" for (kind, state), n in sorted(ends.items())),
            f"seconds from due to started: {_waits(evidence)}",
            f"executions: {len(evidence.executions)}, of which {again} were repetitions",
            f"generations after the first: {sum(t.generation - 1 for t in tasks)}",
            f"asked for: {_counts(Counter(_answered(d) for d in evidence.demands))}",
            f"dead letters: {_counts(Counter(_letter(x) for x in evidence.letters))}",
            f"fired by schedules: {len(evidence.fires)}",
            f"effects: {sum(effect.taken for effect in evidence.effects)}",
            f"files: {len(evidence.files)}; cleaned up: {_cleaned(evidence)}",
            f"tasks that were cleaned: {sum(task.cleaned for task in tasks)}",
            f"outcomes kept: {len(evidence.manifests)}",
            _services(evidence),
            _domains(evidence),
            f"faults: {sum(faults.values())} ({_counts(faults)})",
            f"  by target: {_counts(Counter(fault.target for fault in evidence.faults))}",
            f"job messages published again: {sum(map(len, evidence.duplicates.values()))}",
            f"queues: {_counts(evidence.queues)}",
            f"violations: {len(found)} ({_counts(Counter(v.name for v in found)) or 'none'})",
        ]
    )


def _services(evidence: Evidence) -> str:
    found = evidence.services
    writes = Counter((w.collection, "yes" if w.is_sure else str(w.code)) for w in found.writes)
    told = _counts(Counter({" ".join(name): count for name, count in writes.items()}))
    changes = len(found.applied)
    return (
        f"written: {told or 'nothing'}; in the index: {len(found.indexed)} of {len(found.items)},"
        f" floors {len(found.floors)}; at the chatbot: {len(found.told)} after {changes} changes"
    )


def _domains(evidence: Evidence) -> str:
    found = evidence.domains
    media = Counter(each.media_type for each in found.media.values())
    return (
        f"made: {_counts(media) or 'nothing'}; pictures listed: {len(found.pictures)};"
        f" books: {len(found.books)} with {len(found.descriptions)} descriptions"
    )


def details(evidence: Evidence, found: Sequence[Violation]) -> str:
    """Each violation with the lines of evidence about its task."""
    parts = [_detail(evidence, violation) for violation in found[:_MOST_VIOLATIONS]]
    if len(found) > _MOST_VIOLATIONS:
        parts.append(f"… and {len(found) - _MOST_VIOLATIONS} more")
    return "\n\n".join(parts)


def _detail(evidence: Evidence, violation: Violation) -> str:
    about = evidence.lines_about(violation.task) if violation.task else []
    head = f"{violation.name}: {violation.message} (task {violation.task or '-'})"
    return "\n".join([head, *(f"    {line}" for line in about[:_MOST_LINES])])


def _answered(demand: Demand) -> str:
    return f"{demand.action} {demand.code or 'unanswered'}"


def _letter(letter: Letter) -> str:
    return f"{letter.source} {letter.resolution or 'open'}"


def _cleaned(evidence: Evidence) -> int:
    """How many files without an owner the clean-ups have found."""
    tasks = [task for task in evidence.tasks.values() if task.kind in CLEAN_UPS]
    return sum(task.result["deleted_files"] for task in tasks if task.result)


def _waits(evidence: Evidence) -> str:
    """How long tasks waited for their first execution: what faults cost, and what gets stuck."""
    waits = sorted(
        (runs[0].wall - (task.due_at or task.created_at), task_id)
        for task_id, runs in evidence.executions_of.items()
        if (task := evidence.tasks.get(task_id)) is not None and runs[0].generation == 1
    )
    if not waits:
        return "nothing ran"
    median, nearly_all = waits[len(waits) // 2][0], waits[len(waits) * 99 // 100][0]
    longest, task_id = waits[-1]
    return f"median {median:.2f}, 99 % {nearly_all:.2f}, longest {longest:.2f} ({task_id})"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counts.items()))
