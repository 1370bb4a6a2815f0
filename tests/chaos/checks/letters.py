"""Dead letters: one for each failure that nobody is to blame for, true, and replayable."""

from collections import Counter
from collections.abc import Iterator

from tests.chaos.checks.courses import Course, courses
from tests.chaos.checks.expectations import NEWEST
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Demand, Evidence, Letter

#: Failures of these sources leave a letter; `rejected` is the caller's fault and leaves none. Nor
#: does a check leave one, unless the broker gave its message up.
_SOURCES = frozenset(
    {"exhausted", "permanent", "crashed", "lost", "delivery_limit", "unknown_kind"}
)
#: Read from the broker, whatever has become of the task meanwhile: a copy may have been rejected.
_OF_MESSAGES = frozenset({"delivery_limit", "unknown_kind"})
_CONFLICT = 409


def failures_leave_a_letter(evidence: Evidence) -> Iterator[Violation]:
    """One letter of that source for each generation that failed so; none of rejects and checks."""
    for course in courses(evidence):
        letters = [
            letter
            for letter in evidence.letters_of.get(course.task.id, [])
            if letter.generation == course.generation and letter.source == course.source
        ]
        due = int(course.source in (_OF_MESSAGES if course.task.is_a_check else _SOURCES))
        if len(letters) != due:
            yield Violation(
                "wrong letters",
                f"generation {course.generation} ended as {course.state} ({course.source}):"
                f" {len(letters)} letters, not {due}",
                course.task.id,
            )


def letters_tell_the_truth(evidence: Evidence) -> Iterator[Violation]:
    """A letter's source is how its generation ended, or what happened to a copy of its message."""
    ends = {(c.task.id, c.generation): c for c in courses(evidence)}
    for letter in evidence.letters:
        if letter.source == "undecodable":
            continue
        course = ends.get((letter.task or "", letter.generation or 0))
        if course is None:
            yield Violation("letter without task", f"{letter.source} of nothing", letter.task)
        elif not _is_true(letter, course):
            yield Violation(
                "untrue letter",
                f"{letter.source}, but it ended as {course.state} ({course.source})",
                letter.task,
            )
        if letter.resolution == "replayed" and not _has_gone_on(evidence, letter):
            yield Violation("replay without effect", "no next generation", letter.task)


def unreadable_messages_are_kept(evidence: Evidence) -> Iterator[Violation]:
    """Each message that nobody can read has one letter, and there are no others."""
    found = Counter(x.sha256 for x in evidence.letters if x.source == "undecodable")
    for sha256 in (name for name, sure in evidence.garbage.items() if sure and not found[name]):
        yield Violation("lost message", f"an unreadable message left no letter: {sha256}")
    for sha256, count in found.items():
        if count > 1:
            yield Violation("doubled letter", f"{count} letters of one message: {sha256}")
        elif sha256 not in evidence.garbage:
            yield Violation("undecodable message", f"nobody published it on purpose: {sha256}")


def letters_can_be_answered(evidence: Evidence) -> Iterator[Violation]:
    """At rest every letter whose task has not moved on replays; what is unreadable is discarded."""
    letters = {letter.id: letter for letter in evidence.letters}
    for demand in evidence.demands:
        if not demand.action.startswith("final"):
            continue
        letter = letters.get(demand.letter or "")
        if letter is None or not _was_answered(demand, letter):
            yield Violation(
                "letter without answer", f"{demand.action} was answered {demand.code}", demand.task
            )


def _is_true(letter: Letter, course: Course) -> bool:
    if letter.source == course.source:
        return True
    known = letter.source != "unknown_kind" or course.task.kind == NEWEST
    return letter.source in _OF_MESSAGES and known


def _has_gone_on(evidence: Evidence, letter: Letter) -> bool:
    task = evidence.tasks.get(letter.task or "")
    return (
        task is not None and letter.generation is not None and task.generation > letter.generation
    )


def _was_answered(demand: Demand, letter: Letter) -> bool:
    wanted = "discarded" if demand.action == "final-discard" else "replayed"
    if demand.code == _CONFLICT:
        # Somebody else was faster: a bulk action, or the task's own retry.
        return letter.resolution is not None
    return demand.code is not None and demand.code < 300 and letter.resolution == wanted
