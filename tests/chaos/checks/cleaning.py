"""The clean-up that was asked for at rest has done its work, and has left nothing behind."""

import json
import re
from collections.abc import Iterator

from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Evidence

CLEAN_UP, CLEAN_UPS = "clean-up", "api.clean_artifacts"
_HASH = re.compile(r"[0-9a-f]{64}")


def clean_ups_are_asked_for(evidence: Evidence) -> Iterator[Violation]:
    """Each yes to a clean-up has its task, and each clean-up beside those of schedules was asked
    for."""
    demands = [d for d in evidence.demands if d.action == CLEAN_UP and d.may_have_worked]
    known = {fire.task for fire in evidence.fires} | {d.made for d in demands}
    others = [t for t in evidence.tasks.values() if t.kind == CLEAN_UPS and t.id not in known]
    for task in others[sum(not d.is_sure for d in demands) :]:
        yield Violation("unexplained task", "nobody asked for this clean-up", task.id)


def the_clean_up_is_done(evidence: Evidence) -> Iterator[Violation]:
    """It was accepted, has succeeded, and could delete whatever it wanted to."""
    for demand in (d for d in evidence.demands if d.action == CLEAN_UP):
        task = evidence.tasks.get(demand.made or "")
        if not demand.is_sure:
            yield Violation("no clean-up", f"it was answered {demand.code}")
        elif task is None:
            yield Violation("lost task", "a clean-up was accepted, it is gone", demand.made)
        elif task.state != "succeeded" or task.result["errors"]:
            yield Violation("no clean-up", f"{task.state}: {task.error or task.result}", task.id)


def nothing_without_owner_is_left(evidence: Evidence) -> Iterator[Violation]:
    """Every content has a row that owns it, or a task's payload that names it; every kept outcome
    has its task.

    A run that did not come to rest was not cleaned up: it may have what killed writers left.
    """
    if evidence.rest is not None:
        payloads = json.dumps([task.payload for task in evidence.tasks.values()])
        owned = {artifact.sha256 for artifact in evidence.artifacts} | {*_HASH.findall(payloads)}
        for file in evidence.files:
            if file.name not in owned:
                yield Violation("file without owner", f"{file.name}, {file.size} bytes")
    for task_id in evidence.manifests:
        if task_id not in evidence.tasks:
            yield Violation("outcome without owner", "a manifest of an unknown task", task_id)
