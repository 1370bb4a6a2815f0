"""Every file that a task made is there, whole, once, and belongs to somebody."""

import hashlib
from collections.abc import Iterator

from tests.chaos.checks.expectations import SAVES_FILE
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Evidence, Task

_NAME = "out.bin"
#: Writes that bring many entities, as files of one line for each.
_IN_LINES = ("bulk", "import")
#: A book of three chapters has a file for each, one about all, and what was found in it.
_FILES_OF_A_TASK = 6


def tasks_have_their_file(evidence: Evidence) -> Iterator[Violation]:
    """One row with the right content for each success that saves a file; none for the others."""
    for task in evidence.tasks.values():
        if task.is_of_a_service or task.is_of_a_domain:
            continue
        saves = task.kind in SAVES_FILE and task.state == "succeeded"
        rows = evidence.artifacts_of.get(task.id, [])
        if len(rows) != saves:
            yield Violation("wrong files", f"{len(rows)} rows, {int(saves)} expected", task.id)
        elif saves:
            yield from _wrong_content(evidence, task)


def rows_have_their_content(evidence: Evidence) -> Iterator[Violation]:
    """The content of every row is in the store, and hashes to its name."""
    stored = {file.name: file for file in evidence.files}
    for artifact in evidence.artifacts:
        file = stored.get(artifact.sha256)
        if file is None:
            yield Violation("missing file", f"{artifact.sha256} of {artifact.id}", artifact.task)
        elif (file.sha256, file.size) != (artifact.sha256, artifact.size):
            yield Violation("corrupt file", f"{file.name} hashes to {file.sha256}", artifact.task)


def files_have_an_owner(evidence: Evidence) -> Iterator[Violation]:
    """No content, and no kept outcome, without a row that owns it.

    But for what a run had saved when its task was ended otherwise: that is left to the clean-up.
    """
    owned = {artifact.sha256 for artifact in evidence.artifacts} | _left_behind(evidence)
    owned |= _of_unwritten_texts(evidence) | evidence.domains.named
    strange = [file for file in evidence.files if file.name not in owned]
    stopped = _stopped_in_domains(evidence)
    # Their lines have numbers that are given in a transaction, which may have been given up.
    bulks = sum(write.action in _IN_LINES for write in evidence.services.writes)
    lines = [file for file in strange if file.has_lines]
    media = [file for file in strange if file.has_media]
    excused = lines if len(lines) <= bulks + _FILES_OF_A_TASK * stopped else []
    excused = [*excused, *(media if len(media) <= _FILES_OF_A_TASK * stopped else [])]
    for file in (file for file in strange if file not in excused):
        yield Violation("file without owner", f"{file.name}, {file.size} bytes")
    for task_id in evidence.manifests:
        if task_id not in evidence.tasks:
            yield Violation("outcome without owner", "a manifest of an unknown task", task_id)


def _of_unwritten_texts(evidence: Evidence) -> set[str]:
    """Hashes of what a gateway has kept before its row, which may not have come."""
    unsure = [w for w in evidence.services.writes if w.content and not w.is_sure]
    said = [(write.collection, write.content or {}) for write in unsure]
    texts = [content["text"] for collection, content in said if collection == "documents"]
    uploads = {content["sha256"] for _, content in said if "sha256" in content}
    return uploads | {hashlib.sha256(text.encode()).hexdigest() for text in texts}


def _stopped_in_domains(evidence: Evidence) -> int:
    """How many tasks of domains have ended before it was written down what they had saved."""
    tasks = evidence.tasks.values()
    return sum(task.is_of_a_domain and task.state in {"cancelled", "failed"} for task in tasks)


def _left_behind(evidence: Evidence) -> set[str]:
    """Hashes of what tasks would own that have not succeeded."""
    unsuccessful = (t for t in evidence.tasks.values() if t.state in {"cancelled", "failed"})
    wishes = {t.id: evidence.wish_of(t) for t in unsuccessful if t.kind in SAVES_FILE}
    return {
        hashlib.sha256(content_of(task, wish.payload["size"])).hexdigest()
        for task, wish in wishes.items()
        if wish is not None
    }


def _wrong_content(evidence: Evidence, task: Task) -> Iterator[Violation]:
    (row,) = evidence.artifacts_of[task.id]
    request = evidence.wish_of(task)
    if request is None:
        return
    expected = hashlib.sha256(content_of(task.id, request.payload["size"])).hexdigest()
    if (row.name, row.sha256) != (_NAME, expected):
        yield Violation("wrong content", f"{row.name} is {row.sha256}, not {expected}", task.id)


def content_of(task_id: str, size: int) -> bytes:
    """What the job has to save: SHA-256 of the task's id and a counter, cut to size."""
    blocks = -(-size // 32)
    digests = (hashlib.sha256(f"{task_id}:{n}".encode()).digest() for n in range(blocks))
    return b"".join(digests)[:size]
