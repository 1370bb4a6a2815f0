"""What a task has found of a book becomes rows, while others may want the same book."""

import psycopg
import pytest

from gateway.housekeeping.books import RecordBookWorker
from tests.integration.gateway.books.conftest import Shelf, described
from warren.contracts.books import ChapterKind
from warren.testing.worker import FakeContext, MemoryStore

pytestmark = pytest.mark.postgres

_ERROR = {"type": "ChaptersUnsuccessful", "message": "1 of 2"}


class WatchfulStore(MemoryStore):
    """The shelf's files, for whoever holds the row of no book; raises LockNotAvailable."""

    def __init__(self, shelf: Shelf) -> None:
        super().__init__()
        self._shelf = shelf

    def read(self, sha256: str) -> bytes:
        with psycopg.connect(self._shelf.database.url) as connection:
            connection.execute("SELECT FROM books FOR UPDATE NOWAIT")
        return self._shelf.store.read(sha256)


def test_what_a_task_found_before_another_took_the_book_over_is_not_recorded(shelf: Shelf) -> None:
    # Given a book that was started again after its first task had ended
    first = shelf.upload()
    shelf.record(first, shelf.contents(ChapterKind.BODY), [])
    shelf.end(first["task_id"], "failed", source="permanent", error={"type": "X", "message": "x"})
    second = shelf.http.post(f"/api/v1/books/{first['book_id']}/start").json()
    found = [described(first["book_id"], 1, 4, 80)]
    assert shelf.record(second, shelf.contents(ChapterKind.BODY), found).recorded
    # When the first comes late
    late = shelf.record(first, shelf.contents(ChapterKind.BODY, ChapterKind.BODY), [])
    # Then the rows are those of the second
    assert not late.recorded
    assert len(shelf.get(f"{first['book_id']}/chapters")["items"]) == 1
    assert len(shelf.get(f"{first['book_id']}/descriptions")["items"]) == 1


def test_what_an_earlier_generation_found_comes_too_late_once_a_later_one_has_recorded(
    shelf: Shelf,
) -> None:
    # Given a task that has failed and was retried, and the retry has recorded what it found
    accepted = shelf.upload()
    shelf.end(accepted["task_id"], "failed", source="permanent", error=_ERROR)
    shelf.http.post(f"/api/v1/tasks/{accepted['task_id']}/retry").raise_for_status()
    found = [described(accepted["book_id"], 1, 4, 80)]
    contents = shelf.contents(ChapterKind.BODY)
    assert shelf.record(accepted, contents, found, generation=2).recorded
    # When what its first generation asked for comes late
    late = shelf.record(accepted, shelf.contents(ChapterKind.BODY), [], generation=1)
    # Then it changes nothing
    assert not late.recorded
    assert len(shelf.get(f"{accepted['book_id']}/descriptions")["items"]) == 1


def test_chapters_that_a_newer_reading_does_not_find_are_gone(shelf: Shelf) -> None:
    accepted = shelf.upload()
    book_id = accepted["book_id"]
    first = shelf.contents(ChapterKind.BODY, ChapterKind.BODY)
    found = [described(book_id, chapter, 4, 80) for chapter in (1, 2)]
    shelf.record(accepted, first, found)

    recorded = shelf.record(accepted, shelf.contents(ChapterKind.BODY), None)

    assert [c["number"] for c in shelf.get(f"{book_id}/chapters")["items"]] == [1]
    assert [d["chapter"] for d in shelf.get(f"{book_id}/descriptions")["items"]] == [1]
    assert (recorded.chapters, recorded.descriptions) == (1, 1)
    assert shelf.get(book_id)["counts"]["chapters"] == 1


def test_what_was_found_before_a_chapter_failed_can_be_chosen_from(shelf: Shelf) -> None:
    # Given a book of which one chapter has failed
    accepted = shelf.upload()
    book_id = accepted["book_id"]
    found = [described(book_id, 1, 4, 80)]
    shelf.record(accepted, shelf.contents(ChapterKind.BODY, ChapterKind.BODY), found)
    shelf.end(accepted["task_id"], "failed", source="permanent", error=_ERROR)
    # When somebody wants the best of what the other has given
    answer = shelf.http.post(f"/api/v1/books/{book_id}/selection")
    # Then that is what the task chooses from
    assert answer.status_code == 202, answer.text
    ((payload,),) = shelf.database.ask(
        "SELECT payload -> 'descriptions' FROM tasks WHERE id = %s", answer.json()["task_id"]
    )
    assert shelf.store.read(payload["sha256"]).count(b"a tower") == 1


def test_of_files_with_descriptions_a_book_keeps_the_last_also_if_its_task_failed(
    shelf: Shelf,
) -> None:
    accepted = shelf.upload()
    contents = shelf.contents(ChapterKind.BODY)
    for start in (4, 9, 14):
        shelf.record(accepted, contents, [described(accepted["book_id"], 1, start, 80)])

    kept = (
        "SELECT a.expires_at IS NULL FROM artifacts a WHERE media_type = 'application/x-ndjson'"
        " ORDER BY id"
    )

    assert shelf.database.ask(kept) == [(False,), (False,), (True,)]
    assert shelf.database.ask(
        "SELECT count(*) FROM kept_artifacts k JOIN artifacts a ON a.id = k.artifact_id"
        " WHERE media_type = 'application/x-ndjson'"
    ) == [(1,)]


def test_nobody_waits_for_a_book_while_the_store_is_read(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARREN_DATABASE_URL", shelf.database.url)
    accepted = shelf.upload()
    found = [described(accepted["book_id"], 1, 4, 80)]
    job = shelf.recording(accepted, shelf.contents(ChapterKind.BODY), found)

    recorded = RecordBookWorker().perform(job, FakeContext(store=WatchfulStore(shelf)))

    assert (recorded.recorded, recorded.descriptions) == (True, 1)
