"""Markup that is out of proportion to its text: the text is read, without places."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nlp_worker.adapters.books.reader import FormatReader
from nlp_worker.book import LONGEST_PATH, Book
from nlp_worker.chapter_file import chapter_file, chapter_of
from tests.unit.nlp_worker.epubs import Epub, page

Read = Callable[[str], Book]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    reader = FormatReader(memory=512, max_characters=10_000_000, field="file")

    def written(body: str) -> Book:
        path = Epub({"a.xhtml": page(body)}).write(tmp_path)
        return reader.read(path, "book.epub", "application/epub+zip")

    return written


def nested(inner: str, levels: int, id_: str = "") -> str:
    return f'<div id="{id_}">' * levels + inner + "</div>" * levels


def test_a_small_page_does_not_become_a_large_file(read: Read) -> None:
    # Given 28 KB whose text nodes all stand deep below long ids
    body = nested("<b>x</b>y" * 600, 200, "i" * 90)
    assert len(body) < 28_000
    # When it is read and kept
    book = read(body)
    content = chapter_file(book.chapters[0])
    # Then its text is there, and nothing that is longer than the page
    assert book.chapters[0].text == "xy" * 600
    assert len(content) < len(body)
    assert book.repairs == ["chapter 1 has no reading positions: its markup is out of proportion"]
    assert book.chapters[0].cfi(0) is None


def test_a_text_whose_places_are_too_long_is_kept_and_read_again(read: Read) -> None:
    (chapter,) = read(nested("A line of text. " * 500, 12, "i" * 95)).chapters

    assert chapter.runs == []
    assert chapter_of(chapter_file(chapter), "file") == chapter


def test_words_that_are_marked_one_by_one_have_places(read: Read) -> None:
    words = " ".join(f'<span id="word{n}">word</span>' for n in range(5_000))

    book = read(nested(f"<p>{words}</p>", 4, "a-part"))

    (chapter,) = book.chapters
    assert book.repairs == []
    assert chapter.cfi(len(chapter.text) - 1) is not None
    assert max(len(run.path) for run in chapter.runs) < LONGEST_PATH
    assert chapter_of(chapter_file(chapter), "file") == chapter
