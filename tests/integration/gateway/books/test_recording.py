"""What a task has found of a book becomes rows, while others may want the same book."""

import pytest

from tests.integration.gateway.books.conftest import Shelf, described
from warren.contracts.books import ChapterKind

pytestmark = pytest.mark.postgres


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
