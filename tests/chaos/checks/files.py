"""Every file that a task made is there, whole, and once."""

import hashlib
from collections.abc import Iterator

from tests.chaos.checks.expectations import SAVES_FILE
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Evidence, Task

_NAME = "out.bin"


def tasks_have_their_file(evidence: Evidence) -> Iterator[Violation]:
    """One row with the right content for each success that saves a file; none for the others, none
    for those that were cleaned, and none once the file has expired and a run at rest was."""
    for task in evidence.tasks.values():
        if task.is_of_a_service or task.is_of_a_domain:
            continue
        is_gone = task.id in evidence.expired and evidence.rest is not None
        saves = task.kind in SAVES_FILE and task.state == "succeeded"
        saves = saves and not is_gone and not task.cleaned
        rows = evidence.artifacts_of.get(task.id, [])
        if len(rows) != saves:
            yield Violation("wrong files", f"{len(rows)} rows, {int(saves)} expected", task.id)
        elif saves:
            yield from _wrong_content(evidence, task)


def rows_have_their_content(evidence: Evidence) -> Iterator[Violation]:
    """The content of every row is in the store, or in its trash, from where a reader brings it
    back, and hashes to its name."""
    stored = {file.name: file for file in (*evidence.trash, *evidence.files)}
    for artifact in evidence.artifacts:
        file = stored.get(artifact.sha256)
        if file is None:
            yield Violation("missing file", f"{artifact.sha256} of {artifact.id}", artifact.task)
        elif (file.sha256, file.size) != (artifact.sha256, artifact.size):
            yield Violation("corrupt file", f"{file.name} hashes to {file.sha256}", artifact.task)


def _wrong_content(evidence: Evidence, task: Task) -> Iterator[Violation]:
    (row,) = evidence.artifacts_of[task.id]
    request = evidence.wish_of(task)
    if request is None:
        return
    content = content_of(request.payload.get("of") or task.id, request.payload["size"])
    expected = hashlib.sha256(content).hexdigest()
    if (row.name, row.sha256) != (_NAME, expected):
        yield Violation("wrong content", f"{row.name} is {row.sha256}, not {expected}", task.id)


def content_of(name: str, size: int) -> bytes:
    """What the job has to save: SHA-256 of the task's id, or of the name of what several share,
    and a counter, cut to size."""
    blocks = -(-size // 32)
    digests = (hashlib.sha256(f"{name}:{n}".encode()).digest() for n in range(blocks))
    return b"".join(digests)[:size]
