"""The page shows every exhibit, escapes what it shows, and needs nothing from elsewhere."""

import io
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from lxml import etree

from warren.cli.demo.book import CHAPTERS, as_epub
from warren.cli.demo.client import DemoFailed
from warren.cli.demo.domain import Domain
from warren.cli.demo.exhibits import (
    Audio,
    Book,
    Exhibit,
    Hits,
    InStep,
    Outcome,
    Passage,
    Pictures,
)
from warren.cli.demo.page import write_page
from warren.cli.demo.running import Ran
from warren.cli.demo.step import Step

HOSTILE = '<script>alert("1")</script>'
EXHIBITS: dict[str, Exhibit] = {
    "speech": Audio(HOSTILE, "en", "Hello.", "letter.wav", ("2 s", "heart")),
    "pictures": Pictures("Swapped", "by mesh", (("before", "a.webp"), ("after", "b.png"))),
    "book": Book(
        "T",
        "book.epub",
        (("3", "chapters"),),
        (Passage(HOSTILE, "object", 71.6, ("spacy",), "p.png"),),
    ),
    "search": Hits("lantren", "misspelt", (("Lantern", "39.00 EUR"),)),
    "chatbot": InStep("faq", "yes", (("state", "synced"),)),
}


def ran(domain: str, exhibit: Exhibit | None) -> Ran:
    step = cast("Step", SimpleNamespace(title=f"A {domain}", domain=domain, process="a-worker"))
    if exhibit is None:
        return Ran(step, 0, 1, None, DemoFailed("the worker & its log", process="a-worker"))
    return Ran(step, 0.5, 2, Outcome("done", "/", (exhibit,)))


class Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.found += [value or "" for name, value in attrs if name in {"src", "href"}]


def test_the_page_shows_every_exhibit_and_needs_only_its_folder(tmp_path: Path) -> None:
    assert set(EXHIBITS) == set(Domain)
    page = write_page([ran(*pair) for pair in EXHIBITS.items()], 2.5, tmp_path)

    text, parsed = page.read_text(), Addresses()
    parsed.feed(text)
    assert set(parsed.found) == {"letter.wav", "a.webp", "b.png", "p.png", "book.epub"}
    assert "script" not in parsed.tags
    assert not re.search(r"url\(|@import|https?://", text)
    assert "5 of 5" in text
    assert "prefers-color-scheme: dark" in text


def test_a_step_that_failed_is_told(tmp_path: Path) -> None:
    page = write_page([ran("speech", None)], 1.0, tmp_path).read_text()

    assert "the worker &amp; its log" in page
    assert "0 of 1" in page


def test_the_book_is_an_epub_whose_every_chapter_is_well_formed() -> None:
    with zipfile.ZipFile(io.BytesIO(as_epub())) as archive:
        assert archive.namelist()[0] == "mimetype"
        pages = [name for name in archive.namelist() if name.endswith((".xhtml", ".opf", ".xml"))]
        roots = [etree.fromstring(archive.read(name)) for name in pages]

    assert len(roots) == len(CHAPTERS) + 3
