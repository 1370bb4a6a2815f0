"""What is asked of speech, books and pictures is accepted once, and ends well or as it was told."""

from collections import Counter
from collections.abc import Iterator

from tests.chaos.checks.asking import is_asked_to_stop
from tests.chaos.checks.ends import TERMINAL
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Evidence, Task
from tests.chaos.evidence.services import Write

#: By what is asked of a domain: the kind of its task.
ASKED = {
    "speak": "tts.synthesize",
    "paint": "image.generate",
    "restyle": "image.transfer_style",
    "enhance": "image.enhance",
    "cut_out": "image.remove_background",
    "swap": "image.swap_face",
    "read": "book.process",
    "again": "book.process",
    "locate": "book.generate_locations",
}


def domain_tasks_are_asked_for(evidence: Evidence) -> Iterator[Violation]:
    """Each yes has a task of its own, and each task a request that may have made it.

    Each request names words or a user of its own, or a book.
    """
    readers = readers_of(evidence)
    sure, most = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for write in evidence.services.writes:
        if write.action in ASKED:
            place = ASKED[write.action], _named_by(write, readers)
            sure[place] += write.is_sure
            most[place] += write.may_have_worked
    made = Counter(
        (task.kind, _name_of(task))
        for task in evidence.tasks.values()
        if task.is_of_a_domain and task.parent is None
    )
    for place in sure | made:
        if made[place] < sure[place]:
            yield Violation("lost task", f"{made[place]} for {place}, {sure[place]} were accepted")
        elif made[place] > most[place]:
            yield Violation("doubled task", f"{made[place]} for {place}, {most[place]} asked for")


def domain_tasks_end_well(evidence: Evidence) -> Iterator[Violation]:
    """They and what they bring about succeed, or are cancelled where somebody asked for it.

    Operators cancel and retry batches of all customers: a task may fail for lack of its members.
    """
    removed = removed_books(evidence)
    for task in evidence.tasks.values():
        if not any(each.is_of_a_domain for each in evidence.ancestors_of(task)):
            continue
        match task.state:
            case "cancelled":
                is_well = _is_stopped(evidence, task, removed)
            case "failed":
                members = evidence.children_of.get(task.id, [])
                is_well = any(_is_stopped(evidence, each, removed) for each in members)
                is_well = is_well or _is_taken_over(evidence, task, removed)
            case state:
                is_well = state == "succeeded"
        if task.state in TERMINAL and not is_well:
            words = f"{task.kind} ended as {task.state}: {task.error!r:.300}"
            yield Violation("wrong end", words, task.id)


def readers_of(evidence: Evidence) -> dict[str, str]:
    """The user of each book that the gateway has told of."""
    return {
        write.told["book_id"]: write.content["user"]
        for write in evidence.services.writes
        if write.action == "read" and write.content and "book_id" in write.told
    }


def removed_books(evidence: Evidence, *, surely: bool = False) -> set[str]:
    """Books that somebody has deleted, perhaps or surely."""
    return _removed(evidence, "books", surely)


def removed_pictures(evidence: Evidence, *, surely: bool = False) -> set[str]:
    """Pictures that somebody has deleted one by one, perhaps or surely."""
    return _removed(evidence, "pictures", surely)


def book_of(task: Task) -> str | None:
    """The book that a task is about."""
    payload = task.payload if isinstance(task.payload, dict) else {}
    return payload.get("book_id")


def _removed(evidence: Evidence, collection: str, surely: bool) -> set[str]:
    return {
        write.id
        for write in evidence.services.writes
        if (write.collection, write.action) == (collection, "remove")
        and write.id is not None
        and (write.is_sure if surely else write.may_have_worked)
    }


def _is_stopped(evidence: Evidence, task: Task, removed: set[str]) -> bool:
    """Whether somebody cancelled it or what it comes from, or deleted the book of any of them."""
    family = list(evidence.ancestors_of(task))
    batches = [evidence.tasks.get(evidence.batch_of(each.id) or "") for each in family]
    return any(book_of(each) in removed for each in family) or any(
        is_asked_to_stop(evidence, each, generation)
        for each in (*family, *filter(None, batches))
        for generation in range(1, each.generation + 1)
    )


def _is_taken_over(evidence: Evidence, task: Task, removed: set[str]) -> bool:
    """Whether the book that it had read was deleted or started anew before that was recorded."""
    others = {book.id for book in evidence.domains.books if book.task != task.id}
    is_told_so = (task.error or {}).get("type") == "BookTakenOver"
    return is_told_so and book_of(task) in removed | others


def _named_by(write: Write, readers: dict[str, str]) -> str:
    said = write.content or {}
    if write.action == "again":
        return readers.get(write.id or "", "nobody")
    return str(write.id if write.action == "locate" else said.get("user") or said.get("text"))


def _name_of(task: Task) -> str:
    if task.kind == ASKED["speak"]:
        return str((task.payload or {}).get("text"))
    return str(book_of(task) if task.kind == ASKED["locate"] else task.user)
