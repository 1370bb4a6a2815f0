"""Clean-ups do their work whatever is done to them; what was asked for at rest leaves nothing."""

import json
import re
from collections.abc import Iterator

from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Evidence

#: What is asked for while everything is disturbed, and at rest.
_CLEAN_UP, _LAST = "clean-up", "last-clean-up"
CLEAN_UPS = frozenset({"api.clean_artifacts", "api.clean_tasks"})
_HASH = re.compile(r"[0-9a-f]{64}")


def clean_ups_are_asked_for(evidence: Evidence) -> Iterator[Violation]:
    """Each yes to a clean-up has its task, and each clean-up beside those of schedules was asked
    for."""
    asked = [d for d in evidence.demands if d.action in {_CLEAN_UP, _LAST}]
    demands = [demand for demand in asked if demand.may_have_worked]
    known = {fire.task for fire in evidence.fires} | {d.made for d in demands}
    others = [t for t in evidence.tasks.values() if t.kind in CLEAN_UPS and t.id not in known]
    for task in others[sum(not d.is_sure for d in demands) :]:
        yield Violation("unexplained task", "nobody asked for this clean-up", task.id)


def clean_ups_are_done(evidence: Evidence) -> Iterator[Violation]:
    """Each that was accepted has succeeded, and those at rest were; they could delete whatever they
    wanted to, but for what a full disk has kept them from."""
    was_full = any(fault.kind == "fill-disk" for fault in evidence.faults)
    for demand in evidence.demands:
        is_last = demand.action == _LAST
        if not is_last and not (demand.action == _CLEAN_UP and demand.is_sure):
            continue
        task = evidence.tasks.get(demand.made or "")
        if not demand.is_sure:
            yield Violation("no clean-up", f"it was answered {demand.code}")
        elif task is None:
            yield Violation("lost task", "a clean-up was accepted, it is gone", demand.made)
        elif task.state != "succeeded":
            yield Violation("no clean-up", f"{task.state}: {task.error}", task.id)
        elif task.result["errors"] and (is_last or not was_full):
            yield Violation("no clean-up", f"it could not delete all: {task.result}", task.id)


def uploads_go_unless_they_are_named(evidence: Evidence) -> Iterator[Violation]:
    """Of old uploads those are there that a task names, and after the last clean-up no others."""
    rows = {artifact.id for artifact in evidence.artifacts}
    for upload in evidence.uploads:
        if upload.is_named and upload.artifact not in rows:
            yield Violation("missing file", f"the upload {upload.artifact}, which a task names")
        elif not upload.is_named and upload.artifact in rows and evidence.rest is not None:
            yield Violation("upload kept", f"no task names {upload.artifact}")


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
