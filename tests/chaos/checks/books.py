"""A book is read once for each request: its chapters, its descriptions, and what follows."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from tests.chaos.checks.domains import ASKED, book_of, removed_books
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.descent import BATCH
from tests.chaos.evidence.domains import Book
from tests.chaos.evidence.model import Evidence, Task

_PROCESS, _LOCATE = ASKED["read"], ASKED["locate"]
_CACHE, _EXTRACT, _RECORD = "book.cache_file", "nlp.extract_descriptions", "api.record_book"
_HEARD, _PAINT_ALL, _PAINT = "image.illustrate_book", "image.generate_for_book", ASKED["paint"]
_STATES = {"succeeded": "processed", "failed": "failed", "cancelled": "cancelled"}


def books_are_kept(evidence: Evidence) -> Iterator[Violation]:
    """What was accepted is there, unless it was deleted; what was deleted is not."""
    there = {book.id for book in evidence.domains.books}
    gone = removed_books(evidence)
    for write in evidence.services.writes:
        if write.action == "read" and write.is_sure:
            book = write.told.get("book_id")
            if book not in there | gone:
                yield Violation("lost book", f"{book} was accepted", write.told.get("task_id"))
    for left in removed_books(evidence, surely=True) & there:
        yield Violation("left of a deleted book", f"the book {left}")
    for picture in evidence.domains.pictures:
        task = evidence.tasks.get(picture.task)
        # What was deleted with its book may have been started again by somebody.
        is_first = task is None or task.generation == 1
        if picture.book is not None and picture.book not in there and is_first:
            yield Violation("left of a deleted book", f"{picture}", picture.task)


def books_follow_their_tasks(evidence: Evidence) -> Iterator[Violation]:
    """A book is in the state that the end of its last task has left it in."""
    for book in evidence.domains.books:
        task = evidence.tasks.get(book.task)
        if task is None:
            yield Violation("lost task", f"of book {book.id}", book.task)
        elif task.state in _STATES and book.state != _STATES[task.state]:
            yield Violation("wrong state", f"the book is {book.state}: {task.state}", task.id)


def books_are_recorded_once(evidence: Evidence) -> Iterator[Violation]:
    """Every chapter of a processed book is there, with all that was found in it, and once."""
    wishes = _wishes(evidence)
    found: dict[str, list[tuple[int, int, int, str]]] = defaultdict(list)
    for description in evidence.domains.descriptions:
        found[description.book].append(description.place)
    for book in evidence.domains.books:
        task = evidence.tasks.get(book.task)
        if task is None or task.state != "succeeded":
            continue
        places = found[book.id]
        yield from _wrong_chapters(evidence, book, wishes.get(book.user or ""))
        if len(set(places)) < len(places):
            yield Violation("doubled description", f"in book {book.id}", task.id)
        told, stopped = _told_by_chapters(evidence, task), _stopped_chapters(evidence, task)
        rows = Counter(place[0] for place in places)
        is_whole = all(rows[number] in told[number] for number in told)
        if not (rows.keys() <= told.keys() | stopped and is_whole):
            words = f"{dict(rows)} of book {book.id}, its chapters gave {told}"
            yield Violation("wrong descriptions", words, task.id)
        if {book.descriptions, book.told} != {len(places)}:
            words = f"{len(places)}, the book has {book.descriptions}, its result {book.told}"
            yield Violation("wrong descriptions", words, task.id)


def books_have_their_tasks(evidence: Evidence) -> Iterator[Violation]:
    """Processing a book takes each of its tasks once, and its end is told once.

    Of what did not succeed there is no more than that.
    """
    wishes = _wishes(evidence)
    has_painter = any(write.collection == "pictures" for write in evidence.services.writes)
    for task in evidence.tasks.values():
        wish = wishes.get(task.user or "")
        if task.kind != _PROCESS or wish is None or task.generation > 1:
            continue
        due = Counter({_LOCATE: 1, _CACHE: 1, _EXTRACT: wish["chapters"], _RECORD: 1, BATCH: 2})
        made = Counter(child.kind for child in evidence.children_of.get(task.id, []))
        told = made.pop(_HEARD, 0)
        if not made <= due or (task.state == "succeeded" and made != due):
            yield Violation("wrong tasks of a book", f"{dict(made)}, not {dict(due)}", task.id)
        if told != (task.state == "succeeded" and has_painter):
            yield Violation("wrong facts of a book", f"{told} of a {task.state} one", task.id)
        elif told and task.state == "succeeded":
            yield from _wrong_pictures(evidence, task, int(wish["illustrate"]))


def _wishes(evidence: Evidence) -> dict[str, Mapping[str, Any]]:
    """What a request has said of its book, by its user."""
    return {
        write.content["user"]: write.content
        for write in evidence.services.writes
        if write.action == "read" and write.content
    }


def _children(evidence: Evidence, task: Task, kind: str) -> list[Task]:
    return [child for child in evidence.children_of.get(task.id, []) if child.kind == kind]


def _told_by_chapters(evidence: Evidence, task: Task) -> dict[int, set[int]]:
    """How many descriptions a chapter has given: one number, however often it was analysed."""
    told: dict[int, set[int]] = defaultdict(set)
    for child in _children(evidence, task, _EXTRACT):
        if child.state == "succeeded":
            told[int(child.payload["chapter_id"])].add(child.result["descriptions_found"])
    return dict(told)


def _stopped_chapters(evidence: Evidence, task: Task) -> set[int]:
    """Chapters whose analysis was stopped: its file may have been kept just before that.

    Such a file is as good as any; then nobody analyses the chapter again.
    """
    children = _children(evidence, task, _EXTRACT)
    return {int(child.payload["chapter_id"]) for child in children if child.state == "cancelled"}


def _wrong_chapters(
    evidence: Evidence, book: Book, wish: Mapping[str, Any] | None
) -> Iterator[Violation]:
    rows = [chapter for chapter in evidence.domains.chapters if chapter.book == book.id]
    numbers = sorted(chapter.number for chapter in rows)
    due = wish["chapters"] if wish else book.total_chapters
    if numbers != list(range(1, due + 1)) or book.total_chapters != due:
        words = f"{numbers} of book {book.id}, which has {due} (its row: {book.total_chapters})"
        yield Violation("wrong chapters", words, book.task)
    if sum(chapter.descriptions for chapter in rows) != book.descriptions:
        yield Violation("wrong descriptions", f"of the chapters of book {book.id}", book.task)


def _wrong_pictures(evidence: Evidence, task: Task, illustrate: int) -> Iterator[Violation]:
    """Of a book whose upload has asked for so many; none may be missing unless it was deleted."""
    asked = [
        orders
        for heard in _children(evidence, task, _HEARD)
        for orders in _children(evidence, heard, _PAINT_ALL)
    ]
    is_gone = book_of(task) in removed_books(evidence)
    if len(asked) > bool(illustrate) or (len(asked) < bool(illustrate) and not is_gone):
        yield Violation("wrong tasks of a book", f"{len(asked)} for {illustrate} pictures", task.id)
    most = min(illustrate, task.result["descriptions_found"])
    for orders in (each for each in asked if each.generation == 1):
        made = len(_children(evidence, orders, _PAINT))
        if made > most or (orders.state == "succeeded" and made != most):
            yield Violation("wrong pictures", f"{made} of {most} were asked for", orders.id)
