"""What comes of tasks is kept as long as their kind says, and no longer; their summary stays."""

from collections.abc import Iterator

from tests.chaos.checks.ends import TERMINAL
from tests.chaos.checks.expectations import BRIEF
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Evidence

#: These go with the next clean-up; failures are kept for days.
_GO = TERMINAL - {"failed"}


def what_is_kept_for_no_time_is_gone(evidence: Evidence) -> Iterator[Violation]:
    """Of kinds whose results are kept for no time, nothing but the summary is left at rest."""
    for task in evidence.tasks.values():
        is_due = task.kind == BRIEF and task.state in _GO
        if is_due and not task.cleaned and evidence.rest is not None:
            yield Violation("kept too long", f"a {task.state} {task.kind} was not cleaned", task.id)


def nothing_is_cleaned_before_its_time(evidence: Evidence) -> Iterator[Violation]:
    """Only what has ended was cleaned, and of no other kind."""
    for task in evidence.tasks.values():
        if task.cleaned and (task.kind != BRIEF or task.state not in _GO):
            yield Violation("cleaned too early", f"a {task.state} {task.kind} was", task.id)


def what_was_cleaned_is_gone(evidence: Evidence) -> Iterator[Violation]:
    """What was cleaned has neither payload nor result, nor files, nor is its outcome recorded."""
    recorded = {*evidence.manifests} if evidence.rest is not None else set()
    for task in evidence.tasks.values():
        if task.cleaned and task.id in recorded:
            yield Violation("half cleaned", "the store has its outcome still", task.id)
        files = len(evidence.artifacts_of.get(task.id, []))
        if task.cleaned and (task.payload != {} or task.result is not None or files):
            words = f"payload {task.payload!r:.100}, result {task.result!r:.100}, {files} files"
            yield Violation("half cleaned", words, task.id)
