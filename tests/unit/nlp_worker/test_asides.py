"""Notes between paragraphs: looked up, however many there are."""

import time

from hypothesis import given
from hypothesis import strategies as st

from nlp_worker.adapters.books.chapters import Part, chapters_of
from nlp_worker.adapters.books.document import document_of
from nlp_worker.adapters.books.markup import content_tree
from nlp_worker.adapters.books.navigation import Entry, Navigation
from nlp_worker.asides import apart, within
from nlp_worker.book import Chapter
from nlp_worker.service.extracting import Extractor, Request
from tests.unit.nlp_worker.analysers import Installed, Partial
from tests.unit.nlp_worker.epubs import page
from warren.contracts.books import ChapterKind
from warren.contracts.descriptions import AnalysisMode

MANY = 40_000
SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=12)


@given(SPANS, st.integers(0, 30), st.integers(1, 30))
def test_those_that_meet_a_span_are_found_as_one_by_one(
    spans: list[tuple[int, int]], start: int, length: int
) -> None:
    end = start + length
    found = within(apart(spans), start, end)

    covered = {place for a, b in spans for place in range(a, b)}
    assert {place for a, b in apart(spans) for place in range(a, b)} == covered
    met = {place for a, b in found for place in range(max(a, start), min(b, end))}
    assert met == covered & set(range(start, end))
    assert all(a < end and b > start for a, b in found)


def test_a_chapter_of_very_many_notes_is_analysed_in_time() -> None:
    # Given as many notes as sentences, in no order, as somebody's own chapter file may have them
    line = "Он решил иначе.\n"
    text = line * MANY
    notes = [(number * len(line), number * len(line) + 5) for number in range(0, MANY, 2)]
    chapter = Chapter(1, "", ChapterKind.BODY, text, asides=notes[::-1])
    begun = time.monotonic()

    extraction = Extractor(Installed([Partial("natasha")])).extract(
        chapter, Request("ru", AnalysisMode.ENSEMBLE)
    )

    assert extraction.sentences == MANY
    assert time.monotonic() - begun < 10


def test_a_document_of_very_many_notes_is_cut_in_time() -> None:
    body = "".join(
        f'<p id="p{n}">A line.</p><aside epub:type="footnote">A note.</aside>' for n in range(MANY)
    )
    root, _ = content_tree(page(body).encode(), "a.xhtml", "file")
    part = Part("a.xhtml", document_of(root, "/6/2!"), [])
    entries = [Entry("a.xhtml", f"p{n}", f"Part {n}", 1) for n in range(0, MANY, 4)]
    begun = time.monotonic()

    chapters = chapters_of([part], Navigation(entries, {}), {})

    assert len(chapters) == MANY // 4
    assert {len(chapter.asides) for chapter in chapters} == {4}
    assert chapters[-1].text[slice(*chapters[-1].asides[-1])] == "A note."
    assert time.monotonic() - begun < 10
