"""What clients write is accepted once, kept as they said, and done by tasks that succeed."""

from collections import Counter
from collections.abc import Iterator, Mapping

from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Evidence, Task
from tests.chaos.evidence.services import Kept, Write

Place = tuple[str, str, str]
#: Asked for by the services, or by what follows from the ends of their tasks.
_OF_THEIR_OWN = frozenset({
    "catalogue.embed", "catalogue.forget_tombstones", "document.trigger_reindex",
    "sync.list_versions",
})  # fmt: skip
#: Of so many writes that were not refused this share must have been accepted.
_ENOUGH, _SHARE = 20, 0.3


def writes_have_tasks(evidence: Evidence) -> Iterator[Violation]:
    """Every task that a yes names is there."""
    for write in evidence.services.writes:
        for task in write.tasks:
            if task not in evidence.tasks:
                yield Violation("lost task", f"{write!r:.300} was accepted, its task is gone", task)


def writes_are_kept(evidence: Evidence) -> Iterator[Violation]:
    """What was accepted as a version is what the gateway has, unless there is a later one."""
    kept = {e.place: e for e in (*evidence.services.items, *evidence.services.entities)}
    floors = {(f.customer, f.collection): f.version for f in evidence.services.floors}
    for write in evidence.services.writes:
        if not write.is_sure or "unchanged" in write.told:
            continue
        if (floor := write.told.get("floor", 0)) > floors.get(_whose(write), 0):
            yield Violation("lost write", f"floor {floor} was accepted: {write!r:.300}")
        yield from _lost(write, kept, floors.get(_whose(write), 0))


def the_writes_got_through(evidence: Evidence) -> Iterator[Violation]:
    """A run in which hardly any write was accepted has shown nothing."""
    tried = [write for write in evidence.services.writes if write.may_have_worked]
    accepted = sum(write.is_sure for write in tried)
    if len(tried) >= _ENOUGH and accepted < _SHARE * len(tried):
        yield Violation("no load", f"only {accepted} of {len(tried)} writes were accepted")


def services_are_asked(evidence: Evidence) -> Iterator[Violation]:
    """There are no more tasks of a customer and collection than writes that may have made them."""
    asked = Counter[tuple[str, str]]()
    for write in evidence.services.writes:
        if write.may_have_worked:
            asked[_whose(write)] += max(1, len(set(write.tasks)))
    made = Counter(
        _place_of(task)
        for task in evidence.tasks.values()
        if task.is_of_a_service and task.kind not in _OF_THEIR_OWN
    )
    for place, count in made.items():
        if place is not None and count > asked[place]:
            yield Violation("unexplained task", f"{count} for {place}, {asked[place]} asked for")


def services_do_not_fail(evidence: Evidence) -> Iterator[Violation]:
    """Whatever was done to the system, every task of a service succeeds in the end."""
    for task in evidence.tasks.values():
        if task.is_of_a_service and task.state in {"failed", "cancelled", "expired"}:
            words = f"{task.kind} ended as {task.state}: {task.error!r:.300}"
            yield Violation("wrong end", words, task.id)


def _lost(write: Write, kept: Mapping[Place, Kept], floor: int) -> Iterator[Violation]:
    name = write.id or write.told.get("document_id") or write.told.get("faq_id")
    version = write.told.get("version", 0)
    if write.action not in {"put", "delete"} or name is None or version <= floor:
        return
    found = kept.get((write.customer, write.collection, name))
    if found is None or found.version < version:
        yield Violation("lost write", f"{write!r:.300} was accepted, there is {found!r:.300}")
    elif found.version == version and not _is_same(write, found):
        yield Violation("wrong content", f"{write!r:.300} was accepted, there is {found!r:.300}")


def _is_same(write: Write, found: Kept) -> bool:
    if write.content is None or found.content is None:
        return write.content is None and found.content is None
    # A document's text lies elsewhere: see syncing.py.
    return all(write.content.get(name) == value for name, value in found.content.items())


def _whose(write: Write) -> tuple[str, str]:
    return write.customer, write.collection


def _place_of(task: Task) -> tuple[str, str] | None:
    payload = task.payload or {}
    family = task.kind.partition(".")[0]
    collection = "documents" if family == "document" else "faqs"
    if family == "catalogue":
        collection = task.kind.rpartition("_")[2]
    customer = payload.get("customer_id")
    return (customer, collection) if customer else None
