"""What is shown out of the files of a book: no more of them is held than that."""

from typing import Any
from uuid import UUID

import orjson
import pytest

from gateway.books.texts import MOST_SHOWN
from tests.integration.gateway.books.conftest import Shelf
from warren.contracts.book_results import BookContents
from warren.contracts.books import ChapterKind, GenerateLocations
from warren.contracts.descriptions import CHAPTER_MEDIA_TYPE
from warren.contracts.ids import new_id

pytestmark = pytest.mark.postgres

TEXT = "Глава о башне. " * 20


def with_file(shelf: Shelf, content: bytes) -> BookContents:
    """A book of one chapter, which has this file."""
    contents = shelf.contents(ChapterKind.BODY)
    text = shelf.file(content, CHAPTER_MEDIA_TYPE)
    chapter = contents.chapters[0].model_copy(update={"text": text, "characters": len(TEXT)})
    return contents.model_copy(update={"chapters": [chapter]})


def test_of_a_chapter_s_file_only_the_line_with_its_text_is_read(shelf: Shelf) -> None:
    accepted = shelf.upload()
    places = b'{"paths": ["' + b"/2" * 10_000_000 + b'"]}\n'
    file = orjson.dumps({"text": TEXT}) + b"\n" + places
    shelf.record(accepted, with_file(shelf, file), None)

    chapter = shelf.get(f"{accepted['book_id']}/chapters/1")

    assert (chapter["text"], chapter["characters"], chapter["number"]) == (TEXT, len(TEXT), 1)


@pytest.mark.parametrize(
    "content",
    [orjson.dumps({"text": TEXT * 1_000}), b'{"title": "no text"}\n', b"\xff\xfe no JSON"],
    ids=["longer", "another", "damaged"],
)
def test_a_file_that_is_not_what_was_recorded_is_not_shown(shelf: Shelf, content: bytes) -> None:
    accepted = shelf.upload()
    shelf.record(accepted, with_file(shelf, content), None)

    answer = shelf.http.get(f"/api/v1/books/{accepted['book_id']}/chapters/1")

    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:warren:problem:corrupt-content"


def test_of_notes_as_long_as_a_book_the_beginning_is_shown(shelf: Shelf) -> None:
    # Given notes of eight million characters, of which each takes an escape in the file
    text = 'Башня\n"' * 1_200_000
    accepted = shelf.upload()
    contents = with_file(shelf, orjson.dumps({"number": 1, "text": text}) + b"\n{}\n")
    notes = contents.chapters[0].model_copy(update={"characters": len(text)})
    shelf.record(accepted, contents.model_copy(update={"chapters": [notes]}), None)

    chapter = shelf.get(f"{accepted['book_id']}/chapters/1")

    assert chapter["truncated"]
    assert chapter["characters"] == len(text)
    assert chapter["text"] == text[:MOST_SHOWN]


def test_reading_positions_are_shown_as_they_are_stored_and_not_again(shelf: Shelf) -> None:
    accepted = shelf.upload()
    book_id = accepted["book_id"]
    located: dict[str, Any] = {"book_id": book_id, "characters": 9, "locations": []}
    task = shelf.http.post(f"/api/v1/books/{book_id}/locations").json()
    file = shelf.file(orjson.dumps(located)).model_copy(update={"id": new_id()})
    result = {
        "book_id": book_id,
        "locations_generated": 0,
        "generation_time_seconds": 0.1,
        "file_format": "text",
        "locations": file.model_dump(mode="json"),
    }
    shelf.end(task["task_id"], result=result, artifacts=[file.model_dump(mode="json")])

    shown = shelf.http.get(f"/api/v1/books/{book_id}/locations")
    again = shelf.http.get(
        f"/api/v1/books/{book_id}/locations", headers={"If-None-Match": shown.headers["ETag"]}
    )

    assert task["kind"] == GenerateLocations.kind
    assert shown.json() == located
    assert UUID(shown.json()["book_id"]) == UUID(book_id)
    assert "no-cache" in shown.headers["Cache-Control"]
    assert again.status_code == 304
