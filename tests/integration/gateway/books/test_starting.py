"""Two who want different things of one book at once."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.integration.gateway.books.conftest import Shelf
from warren.contracts.books import ChapterKind
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres

_WAITING = """
SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


def test_of_two_starts_at_once_one_is_accepted(shelf: Shelf) -> None:
    # Given a book that waits to be started
    accepted = shelf.upload(plan="true")
    shelf.record(accepted, shelf.contents(ChapterKind.BODY), None)
    shelf.end(accepted["task_id"], result={})
    start = f"/api/v1/books/{accepted['book_id']}/start"
    # When two start it, and neither has its row before both wait for it
    with ThreadPoolExecutor(2) as pool:
        with psycopg.connect(shelf.database.url) as connection:
            connection.execute(
                "SELECT FROM books WHERE id = %s FOR UPDATE", [accepted["book_id"]]
            ).fetchall()
            answers = [pool.submit(shelf.http.post, start) for _ in range(2)]
            eventually(lambda: len(shelf.database.ask(_WAITING)) == 2)
        statuses = sorted(answer.result().status_code for answer in answers)
    # Then one task processes it
    assert statuses == [202, 409]
    kinds = "SELECT count(*) FROM tasks WHERE kind = 'book.process'"
    assert shelf.database.ask(kinds) == [(1,)]


def test_what_is_started_while_its_book_is_deleted_does_not_outlive_it(shelf: Shelf) -> None:
    # Given a book that waits to be started, and somebody who deletes it
    accepted = shelf.upload(plan="true")
    shelf.record(accepted, shelf.contents(ChapterKind.BODY), None)
    shelf.end(accepted["task_id"], result={})
    book = f"/api/v1/books/{accepted['book_id']}"
    with ThreadPoolExecutor(2) as pool:
        with psycopg.connect(shelf.database.url) as connection:
            connection.execute(
                "SELECT FROM books WHERE id = %s FOR UPDATE", [accepted["book_id"]]
            ).fetchall()
            # When it is started behind the deletion's back: the start is the first to have the row
            start = pool.submit(shelf.http.post, f"{book}/start")
            eventually(lambda: len(shelf.database.ask(_WAITING)) == 1)
            gone = pool.submit(shelf.http.delete, book)
            eventually(lambda: len(shelf.database.ask(_WAITING)) == 2)
        assert (start.result().status_code, gone.result().status_code) == (202, 204)
    # Then the task is cancelled with the book
    task = start.result().json()["task_id"]
    assert shelf.http.get(f"/api/v1/tasks/{task}/status").json()["status"] == "cancelled"


def test_places_and_a_copy_that_were_asked_for_are_not_made_of_a_deleted_book(
    shelf: Shelf,
) -> None:
    accepted = shelf.upload()
    book = f"/api/v1/books/{accepted['book_id']}"
    asked = [shelf.http.post(f"{book}/{what}").json()["task_id"] for what in ("locations", "cache")]

    assert shelf.http.delete(book).status_code == 204

    states = shelf.database.ask("SELECT id::text, state FROM tasks")
    assert dict(states) == dict.fromkeys([accepted["task_id"], *asked], "cancelled")


def test_nothing_is_asked_of_a_book_that_goes_at_that_moment(shelf: Shelf) -> None:
    accepted = shelf.upload()
    book = f"/api/v1/books/{accepted['book_id']}"
    with ThreadPoolExecutor(1) as pool:
        with psycopg.connect(shelf.database.url) as connection:
            connection.execute("DELETE FROM books WHERE id = %s", [accepted["book_id"]])
            asked = pool.submit(shelf.http.post, f"{book}/locations")
            eventually(lambda: len(shelf.database.ask(_WAITING)) == 1)
        assert asked.result().status_code == 404
    kinds = "SELECT count(*) FROM tasks WHERE kind = 'book.generate_locations'"
    assert shelf.database.ask(kinds) == [(0,)]
