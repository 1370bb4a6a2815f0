"""Each recording and each picture is there once, and is what the result of its task says."""

from collections.abc import Iterator

from tests.chaos.checks.domains import ASKED, book_of, removed_books, removed_pictures
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.domains import Media, Told
from tests.chaos.evidence.model import Evidence, Task

_WAV = "audio/wav"
#: Seconds: results are rounded.
_ROUNDED = 0.01
#: Pixels.
_LARGEST_THUMBNAIL = 256
_PICTURES = frozenset(kind for kind in ASKED.values() if kind.startswith("image."))


def speech_is_recorded_once(evidence: Evidence) -> Iterator[Violation]:
    """A success has one file, of that length; whatever else became of the task, it has none."""
    for task in evidence.tasks.values():
        if task.kind != ASKED["speak"]:
            continue
        rows = evidence.artifacts_of.get(task.id, [])
        if task.state != "succeeded":
            if rows:
                yield Violation("wrong files", f"{len(rows)} of a {task.state} task", task.id)
            continue
        told = Told.of(task.result)
        if [row.id for row in rows] != [told.artifact]:
            yield Violation("wrong files", f"{len(rows)} rows, and the result names one", task.id)
            continue
        yield from _unlike(evidence, task, told)


def pictures_are_made_once(evidence: Evidence) -> Iterator[Violation]:
    """A success has as many pictures as were asked for, each with its row and a thumbnail.

    But for those that were deleted. Whatever else became of the task, it has none.
    """
    deleted, gone = removed_pictures(evidence), removed_books(evidence)
    rows: dict[str, set[str]] = {}
    for picture in evidence.domains.pictures:
        rows.setdefault(picture.task, set()).add(picture.id)
    for task in (task for task in evidence.tasks.values() if task.kind in _PICTURES):
        told = {each.artifact: each for each in _told(task)}
        wanted = int((task.payload or {}).get("n") or 1) if task.state == "succeeded" else 0
        if len(told) != wanted:
            yield Violation("wrong files", f"{len(told)} pictures, not {wanted}", task.id)
        there = set() if book_of(task) in gone else told.keys() - deleted
        found = rows.pop(task.id, set())
        if not there <= found <= told.keys():
            yield Violation("wrong pictures", f"rows {found}, the result has {there}", task.id)
        for each in there:
            yield from _unlike(evidence, task, told[each])
    for owner, found in rows.items():
        yield Violation("picture without task", f"{found}", owner)


def pictures_have_their_files(evidence: Evidence) -> Iterator[Violation]:
    """Each row has its picture, as large as it says, and a thumbnail; none is left of a deleted."""
    files = {artifact.id: artifact for artifact in evidence.artifacts}
    for picture in evidence.domains.pictures:
        file, small = files.get(picture.id), files.get(picture.thumbnail or "")
        if file is None or small is None:
            yield Violation("missing file", f"of {picture}", picture.task)
            continue
        media = evidence.domains.media.get(file.sha256)
        if media is None or (media.width, media.height) != (picture.width, picture.height):
            yield Violation("wrong picture", f"{picture} is {media}", picture.task)
        media = evidence.domains.media.get(small.sha256)
        if media is None or not 0 < max(media.width, media.height) <= _LARGEST_THUMBNAIL:
            yield Violation("wrong picture", f"the thumbnail of {picture} is {media}", picture.task)
    for left in removed_pictures(evidence, surely=True) & files.keys():
        yield Violation("left of a deleted picture", f"the file {left}", files[left].task)


def media_can_be_read(evidence: Evidence) -> Iterator[Violation]:
    """Every picture decodes, and every recording."""
    for artifact in evidence.artifacts:
        if (reason := evidence.domains.damaged.get(artifact.sha256)) is not None:
            yield Violation("damaged file", f"{artifact}: {reason}", artifact.task)


def _told(task: Task) -> list[Told]:
    if task.state != "succeeded":
        return []
    return [Told.of(each) for each in task.result["artifacts"]]


def _unlike(evidence: Evidence, task: Task, told: Told) -> Iterator[Violation]:
    """What the row or the file of a result says otherwise."""
    row = next((r for r in evidence.artifacts_of.get(task.id, []) if r.id == told.artifact), None)
    claimed = (told.sha256, told.size, told.media_type)
    if row is None or (row.sha256, row.size, row.media_type) != claimed:
        yield Violation("wrong files", f"the result says {told}, there is {row}", task.id)
        return
    media = evidence.domains.media.get(row.sha256)
    if media is not None and not _is_alike(media, told):
        yield Violation("wrong content", f"the result says {told}, it is {media}", task.id)


def _is_alike(media: Media, told: Told) -> bool:
    if media.media_type != told.media_type:
        return False
    if told.media_type.startswith("image/"):
        return (media.width, media.height) == (told.width, told.height)
    heard = media.seconds if told.media_type == _WAV else told.seconds
    return told.seconds > 0 and abs(heard - told.seconds) <= _ROUNDED
