"""Reading positions are standard EPUB CFIs, and each resolves to its exact place."""

from itertools import pairwise

import pytest

from nlp_worker.adapters.books.reader import FormatReader
from nlp_worker.book import Book, Chapter
from nlp_worker.chapter_file import chapter_file, chapter_of
from nlp_worker.service.locations import locations_by_characters, locations_by_count
from tests.unit.nlp_worker.cfi_resolver import Resolver
from tests.unit.nlp_worker.epubs import Epub, page, toc
from warren.contracts.books import ChapterKind

PARAGRAPH = (
    "<p>\n   Широкая <em>каменная</em> лестница\n вела   в сад; <!-- c -->там цвели 𝒜𝔅 липы<br/>"
    'и &nbsp;<a id="n[{n}],x">шумел</a>\tветер &amp; дождь.<?pi x?> Всё.\n</p>'
)


@pytest.fixture(scope="module")
def epub(tmp_path_factory: pytest.TempPathFactory) -> Epub:
    pages = {
        f"{n}.xhtml": page(
            f"<h1>Глава {n}</h1>" + "".join(PARAGRAPH.format(n=f"{n}.{m}") for m in range(25))
        ).replace("&nbsp;", "\u00a0")
        for n in range(8)
    }
    entries = [("0.xhtml", "Один"), ("2.xhtml", "Два"), ("2.xhtml#n[2.9],x", "Три")]
    return Epub(pages, nav=toc(entries))


@pytest.fixture(scope="module")
def book(epub: Epub, tmp_path_factory: pytest.TempPathFactory) -> Book:
    reader = FormatReader(memory=512, max_characters=10_000_000, field="file")
    path = epub.write(tmp_path_factory.mktemp("books"))
    return reader.read(path, "book.epub", "application/epub+zip")


@pytest.fixture(scope="module")
def resolver(epub: Epub) -> Resolver:
    return Resolver(epub.content())


def test_two_thousand_places_are_even_and_each_resolves_to_its_character(
    book: Book, resolver: Resolver
) -> None:
    locations = locations_by_count(book, 2_000)

    assert len(locations) == 2_000
    places = [_place(book, location.chapter, location.offset) for location in locations]
    gaps = {after - before for before, after in pairwise(places)}
    assert max(gaps) - min(gaps) <= 1
    assert locations[0].fraction == 0
    for location in locations:
        text = book.chapters[location.chapter - 1].text[location.offset :]
        assert location.cfi is not None
        _check(resolver.point(location.cfi).text, text)


def test_every_character_of_a_chapter_resolves(book: Book, resolver: Resolver) -> None:
    chapter = book.chapters[2]
    for offset, character in enumerate(chapter.text[:600]):
        cfi = chapter.cfi(offset)
        assert cfi is not None
        if character != "\n":
            _check(resolver.point(cfi).text, chapter.text[offset:])


def test_characters_per_location_can_be_asked_for(book: Book) -> None:
    locations = locations_by_characters(book, 1_000)

    places = [_place(book, location.chapter, location.offset) for location in locations]
    assert places == list(range(0, book.characters, 1_000))


def test_a_range_begins_and_ends_where_its_passage_does(book: Book, resolver: Resolver) -> None:
    chapter = book.chapters[1]
    for start, end in [(3, 40), (0, 9), (100, 101), (5, 700)]:
        cfi = chapter.cfi_range(start, end)
        assert cfi is not None
        first, last = resolver.range(cfi)
        _check(first.text, chapter.text[start:])
        before_end = chapter.cfi(end - 1)
        assert before_end is not None
        # One character earlier stands the passage's last one.
        assert resolver.point(before_end).text[1:] == last.text


def test_a_range_names_what_its_ends_share_once(book: Book) -> None:
    assert book.chapters[0].cfi_range(0, 5) == "epubcfi(/6/2!/4/2/1,:0,:5)"


def test_a_chapter_keeps_its_positions_in_a_file(book: Book) -> None:
    for chapter in book.chapters:
        assert chapter_of(chapter_file(chapter), "artifact_id") == chapter


def test_formats_without_cfis_have_places_all_the_same() -> None:
    chapter = Chapter(1, "One", ChapterKind.BODY, "abcdefghij")
    book = Book(None, None, None, "text", [chapter])

    assert [(location.offset, location.cfi) for location in locations_by_count(book, 5)] == [
        (0, None), (2, None), (4, None), (6, None), (8, None),
    ]  # fmt: skip
    assert len(locations_by_count(book, 2_000)) == 10
    assert chapter.cfi_range(0, 4) is None


def _place(book: Book, chapter: int, offset: int) -> int:
    return sum(len(each.text) for each in book.chapters[: chapter - 1]) + offset


def _check(resolved: str, expected: str) -> None:
    """The two agree from there on, up to where white space collapses or a node ends."""
    if expected.startswith("\n"):
        assert resolved.strip(" \n") == ""
    else:
        assert resolved[0].replace("\n", " ").replace("\t", " ") == expected[0]
        word = expected.split(maxsplit=1)[0] if not expected[0].isspace() else ""
        assert word.startswith(resolved.split(maxsplit=1)[0][: len(word)]) if word else True
