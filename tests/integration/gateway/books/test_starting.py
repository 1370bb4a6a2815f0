"""Two who start one book at once."""

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
