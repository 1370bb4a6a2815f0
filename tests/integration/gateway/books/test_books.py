"""What the gateway makes of what is found out about books."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import httpx
import pytest

from gateway.housekeeping.statistics.jobs import SystemStats
from gateway.housekeeping.statistics.workers import SystemStatsWorker
from tests.integration.gateway.books.conftest import TEXT, Shelf, described
from tests.integration.gateway.conftest import Database
from warren.contracts.book_results import ProcessedBook
from warren.contracts.books import MAX_BOOK_BYTES, ChapterKind
from warren.contracts.ids import new_id
from warren.testing.worker import FakeContext

pytestmark = pytest.mark.postgres

BODY, NOTES = ChapterKind.BODY, ChapterKind.NOTES
_ERROR = {"type": "ChaptersUnsuccessful", "message": "1 of 2", "traceback": "deep inside"}


def test_a_book_is_there_as_soon_as_it_is_accepted(shelf: Shelf) -> None:
    accepted = shelf.upload(title="Mine", mode="adaptive", illustrate="2", user_id="u-1")

    book = shelf.get(accepted["book_id"])

    assert (book["state"], book["title"], book["format"]) == ("processing", "Mine", "text")
    assert (book["size"], book["media_type"]) == (len(TEXT), "text/plain")
    assert (book["options"]["mode"], book["options"]["illustrate"]) == ("ADAPTIVE", 2)
    assert book["user_id"] == "u-1"
    rows = shelf.database.ask("SELECT id::text, user_id, kind FROM tasks")
    assert rows == [(accepted["task_id"], "u-1", "book.process")]


def test_the_same_upload_with_the_same_key_is_one_book(shelf: Shelf) -> None:
    shelf.http.headers["Idempotency-Key"] = "once"

    assert shelf.upload(title="Mine") == shelf.upload(title="Mine")

    assert shelf.database.count("books") == shelf.database.count("tasks") == 1


def test_what_is_recorded_twice_stands_there_once(shelf: Shelf) -> None:
    accepted = shelf.upload()
    contents = shelf.contents(BODY, BODY, NOTES)
    found = [described(accepted["book_id"], 1, 4, 80), described(accepted["book_id"], 2, 9, 40)]

    for _ in range(2):
        recorded = shelf.record(accepted, contents, found)
        assert (recorded.chapters, recorded.descriptions) == (3, 2)

    book = shelf.get(accepted["book_id"])
    assert (book["title"], book["author"], book["counts"]["words"]) == (
        "The Tower",
        "A. Nonymous",
        600,
    )
    chapters = shelf.get(f"{accepted['book_id']}/chapters")["items"]
    assert [(c["included"], c["descriptions_found"]) for c in chapters] == [
        (True, 1),
        (True, 1),
        (False, 0),
    ]
    assert shelf.get(f"{accepted['book_id']}/chapters/2")["text"] == "Chapter 2 has a tower."
    listed = shelf.get(f"{accepted['book_id']}/descriptions")["items"]
    assert [(d["chapter"], d["score"], d["context_before"]) for d in listed] == [
        (1, 80, "There was"),
        (2, 40, "There was"),
    ]


def test_a_plan_outlives_another_reading_and_files_of_the_first_go(shelf: Shelf) -> None:
    # Given a plan that somebody has changed
    accepted = shelf.upload(plan="true")
    first = shelf.contents(BODY, BODY)
    shelf.record(accepted, first, None)
    shelf.end(accepted["task_id"], result={})
    plan = f"/api/v1/books/{accepted['book_id']}/plan"
    change = {"chapters": [{"number": 1, "included": False}, {"number": 2, "kind": "index"}]}
    assert shelf.http.put(plan, json=change).status_code == 200
    # When the book is read again
    second = shelf.contents(BODY, BODY)
    shelf.record(accepted, second, None)
    # Then what was changed stays, and the files that were replaced have a last day
    chapters = shelf.get(f"{accepted['book_id']}/plan")["chapters"]
    assert [(c["included"], c["kind"]) for c in chapters] == [(False, "body"), (True, "index")]
    expiring = "SELECT count(*) FROM artifacts WHERE id = ANY (%s) AND expires_at IS NOT NULL"
    assert shelf.database.ask(expiring, [c.text.id for c in first.chapters]) == [(2,)]
    assert shelf.database.ask(expiring, [c.text.id for c in second.chapters]) == [(0,)]


def test_whoever_changes_a_plan_is_told_in_the_audit(shelf: Shelf) -> None:
    accepted = shelf.upload(plan="true")
    shelf.record(accepted, shelf.contents(BODY), None)
    shelf.end(accepted["task_id"], result={})
    url = f"/api/v1/books/{accepted['book_id']}/plan"
    for number in (1, 9):
        shelf.http.put(url, json={"chapters": [{"number": number, "included": False}]})

    told = "SELECT actor LIKE 'key:%%', action, details FROM audit_entries WHERE target = %s"

    entries = shelf.database.ask(told, accepted["book_id"])
    assert entries == [(True, "book.planned", {"chapters": 1})]


@pytest.mark.parametrize(
    ("chapters", "status", "said"),
    [
        ([{"number": 9, "included": True}], 404, "does not have: 9"),
        ([{"number": 1}, {"number": 1}], 422, "named twice"),
        ([{"number": 1, "kind": "poem"}], 422, "must be"),
        ([], 422, "chapters"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(
    shelf: Shelf, chapters: list[dict[str, object]], status: int, said: str
) -> None:
    accepted = shelf.upload(plan="true")
    shelf.record(accepted, shelf.contents(BODY), None)
    shelf.end(accepted["task_id"], result={})

    answer = shelf.http.put(
        f"/api/v1/books/{accepted['book_id']}/plan", json={"chapters": chapters}
    )

    assert answer.status_code == status
    assert said in answer.json()["detail"]


def test_a_book_that_is_worked_on_is_neither_planned_nor_started(shelf: Shelf) -> None:
    accepted = shelf.upload()
    shelf.record(accepted, shelf.contents(BODY), None)
    url = f"/api/v1/books/{accepted['book_id']}"

    change = {"chapters": [{"number": 1, "included": False}]}
    assert shelf.http.put(f"{url}/plan", json=change).status_code == 409
    assert shelf.http.post(f"{url}/start").status_code == 409


def test_a_book_follows_its_task_also_when_that_is_retried(shelf: Shelf) -> None:
    accepted = shelf.upload()

    shelf.end(accepted["task_id"], "failed", source="permanent", error=_ERROR)
    book = shelf.get(accepted["book_id"])
    assert book["state"] == "failed"
    assert book["error"] == {
        "type": "ChaptersUnsuccessful",
        "message": "1 of 2",
        "field": None,
        "traceback": None,
    }

    shelf.http.post(f"/api/v1/tasks/{accepted['task_id']}/retry").raise_for_status()
    assert shelf.get(accepted["book_id"])["state"] == "processing"
    shelf.end(accepted["task_id"], "processing")
    book = shelf.get(accepted["book_id"])
    assert (book["state"], book["error"]) == ("processing", None)


def test_a_result_that_cannot_be_read_ends_the_task_all_the_same(shelf: Shelf) -> None:
    accepted = shelf.upload()

    shelf.end(accepted["task_id"], result={"of": "another release"})

    book = shelf.get(accepted["book_id"])
    assert (book["state"], book["result"]) == ("processed", None)
    assert shelf.database.count("quarantined_status") == 0


def test_a_book_that_was_deleted_meanwhile_gets_no_rows(shelf: Shelf) -> None:
    accepted = shelf.upload()
    shelf.record(accepted, shelf.contents(BODY), [described(accepted["book_id"], 1, 4, 80)])
    url = f"/api/v1/books/{accepted['book_id']}"
    assert shelf.http.delete(url).status_code == 204

    recorded = shelf.record(accepted, shelf.contents(BODY), [])

    assert not recorded.recorded
    assert [shelf.database.count(t) for t in ("books", "book_chapters", "book_descriptions")] == [
        0,
        0,
        0,
    ]
    assert shelf.database.count("kept_artifacts") == 0
    assert shelf.database.ask("SELECT state FROM tasks") == [("cancelled",)]
    assert shelf.http.get(url).status_code == shelf.http.delete(url).status_code == 404
    told = "SELECT action FROM audit_entries WHERE target = %s"
    assert shelf.database.ask(told, accepted["book_id"]) == [("book.deleted",)]


def test_what_came_of_a_book_is_kept_as_long_as_the_book_is(shelf: Shelf) -> None:
    # Given a book that was read long ago
    accepted = shelf.upload()
    result = ProcessedBook(
        book_id=accepted["book_id"],
        total_chapters=1,
        chapters_analysed=1,
        characters_analysed=500,
        descriptions_found=0,
        processing_time_seconds=1.0,
        processors_used=[],
        nlp_processors_used=[],
        ensemble_consensus_rate=None,
        cfi_locations_generated=0,
        cache_status="cached",
        fallbacks=[],
        descriptions=shelf.file(b"", "application/x-ndjson"),
    )
    made = result.descriptions.model_dump(mode="json")
    shelf.end(accepted["task_id"], result=result.model_dump(mode="json"), artifacts=[made])
    task = f"/api/v1/tasks/{accepted['task_id']}"
    shelf.database.ask("UPDATE tasks SET finished_at = now() - interval '300 days'")
    # Then its task says what came of it, for as long as it is known itself
    assert shelf.http.get(f"{task}/result").json()["book_id"] == accepted["book_id"]
    status = shelf.http.get(f"{task}/status").json()
    kept = datetime.fromisoformat(status["result_expires_at"])
    assert kept - datetime.fromisoformat(status["created_at"]) == timedelta(days=400)
    # And no more when the book is deleted
    shelf.http.delete(f"/api/v1/books/{accepted['book_id']}").raise_for_status()
    assert shelf.http.get(f"{task}/result").status_code == 410


def test_books_and_descriptions_are_counted(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARREN_DATABASE_URL", shelf.database.url)
    accepted, _ = shelf.upload(), shelf.upload(title="Another")
    shelf.record(accepted, shelf.contents(BODY), [described(accepted["book_id"], 1, 4, 80)])

    report = SystemStatsWorker().perform(SystemStats(), FakeContext())

    assert (report.books_total, report.descriptions_total) == (2, 1)


def test_a_file_of_more_than_a_hundred_megabytes_leaves_nothing(shelf: Shelf) -> None:
    def body() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        for _ in range(MAX_BOOK_BYTES // 4_000_000 + 2):
            yield b"x" * 4_000_000
        yield b"\r\n--x--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = shelf.http.post("/api/v1/books", content=body(), headers=headers)

    assert answer.status_code == 413
    assert answer.json()["errors"][0]["field"] == "file"
    assert [shelf.database.count(t) for t in ("books", "tasks", "artifacts")] == [0, 0, 0]


def test_lists_show_ones_own_books_newest_first(
    shelf: Shelf, database: Database, connect: Callable[[str, str], httpx.Client]
) -> None:
    for title in ("The Tower", "100% wool", "A tower"):
        shelf.upload(title=title)

    assert [b["title"] for b in shelf.get()["items"]] == ["A tower", "100% wool", "The Tower"]
    first = shelf.http.get("/api/v1/books", params={"limit": 2}).json()
    rest = {"limit": 2, "cursor": first["next_cursor"]}
    assert [b["title"] for b in first["items"]] == ["A tower", "100% wool"]
    assert shelf.http.get("/api/v1/books", params=rest).json()["items"][0]["title"] == "The Tower"
    found = shelf.http.get("/api/v1/books", params={"search": "0% W"}).json()
    assert [b["title"] for b in found["items"]] == ["100% wool"]
    stranger = connect(str(shelf.http.base_url), database.key())
    assert stranger.get("/api/v1/books").json() == {"items": [], "next_cursor": None}
    assert shelf.http.get("/api/v1/books", params={"cursor": "x"}).status_code == 400


@pytest.mark.parametrize("cursor", ["x", "bnVsbA==", "WzEsMl0=", "WyJhIiwyLCIzIl0="])
@pytest.mark.parametrize("order", ["place", "score"])
def test_a_cursor_that_no_list_has_given_out_is_refused(
    shelf: Shelf, cursor: str, order: str
) -> None:
    accepted = shelf.upload()

    answer = shelf.http.get(
        f"/api/v1/books/{accepted['book_id']}/descriptions",
        params={"cursor": cursor, "order": order},
    )

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "cursor"


def test_what_was_not_read_so_far_says_so(shelf: Shelf) -> None:
    accepted = shelf.upload()
    url = f"/api/v1/books/{accepted['book_id']}"

    for path in ("plan", "locations"):
        answer = shelf.http.get(f"{url}/{path}")
        assert (answer.status_code, answer.json()["type"]) == (
            409,
            "urn:warren:problem:book-not-read",
        )
    assert shelf.http.post(f"{url}/selection").status_code == 409
    assert shelf.http.get(f"{url}/chapters/1").status_code == 404
    assert shelf.get(f"{accepted['book_id']}/descriptions")["items"] == []
    assert shelf.http.get(f"/api/v1/books/{new_id()}").status_code == 404


def test_books_count_among_the_tasks_of_a_day(shelf: Shelf) -> None:
    shelf.database.ask("UPDATE api_keys SET tasks_per_day = 1")
    shelf.upload()

    refused = shelf.http.post("/api/v1/books", files={"file": ("tower.txt", TEXT)})

    assert refused.status_code == 429
    assert refused.json()["type"] == "urn:warren:problem:quota-used-up"
