from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from indexer.errors import QuestionNotUnderstood
from indexer.highlights import Highlighter, is_near
from indexer.ports import Embedded, Found, Hit, Vector
from indexer.searching import fused, search
from warren.contracts.catalogue_item import EntityKind
from warren.contracts.search import SearchMode, SearchRequest


def hit(name: str, version: int = 1) -> Hit:
    return Hit(name, version, 1.0, {"id": name, "name": name})


class PlainEmbedder:
    model = "plain"

    def passages(self, texts: Sequence[str]) -> list[Vector]:
        return [self.question(text) for text in texts]

    def question(self, text: str) -> Vector:
        return np.ones(384, np.float32)


class FixedIndex:
    """Finds always the same; remembers how far it was asked to look."""

    def __init__(self, spelt: Sequence[str], near: Sequence[str]) -> None:
        self._spelt = [hit(name) for name in spelt]
        self._near = [hit(name) for name in near]

    def search_words(
        self, kind: Any, scope: Any, terms: Sequence[str], limit: int, offset: int
    ) -> Found:
        return Found(self._spelt[offset : offset + limit], len(self._spelt))

    def search_near(self, kind: Any, scope: Any, question: Embedded, limit: int) -> Found:
        return Found(self._near[:limit], len(self._near))


def ask(index: Any, **request: Any) -> list[str]:
    asked = SearchRequest(customer_id=uuid4(), **request)
    page = search(index, EntityKind.PRODUCT, asked, PlainEmbedder)
    return [found.id for found in page.hits]


def test_what_both_rankings_have_comes_before_what_one_has_on_top() -> None:
    ranking = fused([[hit("a"), hit("both"), hit("x")], [hit("b"), hit("both"), hit("y")]])

    assert ranking[0].id == "both"
    assert {found.id for found in ranking} == {"a", "b", "both", "x", "y"}


def test_hybrid_pages_do_not_overlap() -> None:
    index = FixedIndex(["a", "b", "c"], ["c", "d", "e"])

    pages = [
        ask(index, q="tea", mode=SearchMode.HYBRID, limit=2, offset=offset) for offset in (0, 2, 4)
    ]

    assert pages[0][0] == "c"
    assert sorted(name for page in pages for name in page) == ["a", "b", "c", "d", "e"]


def test_a_semantic_page_begins_at_its_offset() -> None:
    index = FixedIndex([], ["a", "b", "c"])

    assert ask(index, q="tea", mode=SearchMode.SEMANTIC, limit=2, offset=1) == ["b", "c"]


@pytest.mark.parametrize("mode", [SearchMode.SEMANTIC, SearchMode.HYBRID])
def test_a_search_by_meaning_needs_a_question(mode: SearchMode) -> None:
    with pytest.raises(QuestionNotUnderstood) as refused:
        ask(FixedIndex([], []), q="  ", mode=mode)
    assert refused.value.field == "q"


def test_a_question_of_signs_finds_nothing_though_an_empty_one_finds_all() -> None:
    index = FixedIndex(["a"], [])

    assert ask(index, q="?!") == []
    assert ask(index, q="") == ["a"]


def test_words_are_marked_where_they_stand_in_safe_html() -> None:
    found = Highlighter(["teapot", "cup"]).highlights({"name": "Green <b>teapots</b> & cups"})

    assert found == {
        "name": "Green &lt;b&gt;<em>teapots</em>&lt;/b&gt; &amp; <em>cups</em>",
    }


def test_a_long_text_is_shown_around_the_first_word() -> None:
    text = "nothing " * 100 + "teapot " + "more " * 100

    passage = Highlighter(["teapot"]).highlights({"description": text})["description"]

    assert "<em>teapot</em>" in passage
    assert passage.startswith("…")
    assert passage.endswith("…")
    assert len(passage) < 220


def test_an_answer_compares_a_bounded_number_of_words_and_then_marks_exact_ones_only() -> None:
    # Given a question and texts of words that are all as long, and none the same
    asked = [f"word{letters}" for letters in ("abcd", "efgh", "ijkl", "mnop", "teap")]
    text = " ".join(f"zz{number:06}" for number in range(2_000))
    highlighter = Highlighter(asked, most_compared=1_000)

    # When more comparisons would be needed than are allowed
    assert highlighter.highlights({"description": text}) == {}
    found = highlighter.highlights({"name": "wordabcd wordabcx"})

    # Then only what is spelt as it was asked for is marked
    assert found == {"name": "<em>wordabcd</em> wordabcx"}
    fresh = Highlighter(asked, most_compared=1_000).highlights({"name": "wordabcx"})
    assert fresh == {"name": "<em>wordabcx</em>"}


@pytest.mark.parametrize(
    ("term", "word", "near"),
    [
        ("teapot", "teapot", True),
        ("teaopt", "teapot", True),
        ("teapod", "teapot", True),
        ("tepo", "teapot", False),
        ("tee", "tea", False),
        ("chandeleir", "chandelier", True),
        ("chandlr", "chandelier", False),
        ("1234", "1235", False),
    ],
)
def test_near_is_what_an_index_would_find(term: str, word: str, near: bool) -> None:
    assert is_near(term, word) is near
