"""Where in an item the words of a question stand, as HTML."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from indexer.analysis import composed, positioned_terms
from indexer.matching import edits

_FIELDS = ("name", "category", "description")
#: Characters of a passage, and how many of them stand before the first word that was found.
_PASSAGE, _BEFORE = 180, 60
#: Characters of a field that are looked at.
_READ = 20_000
#: Pairs of words that one answer compares letter by letter; each takes some 20 microseconds.
_MOST_COMPARED = 10_000


class Highlighter:
    """Marks the words of one question in all items of its answer.

    Long items of words that nearly match could keep it busy for minutes: after so many comparisons
    only words that are spelt as they were asked for are marked.
    """

    def __init__(self, words: Sequence[str], most_compared: int = _MOST_COMPARED) -> None:
        self._words = frozenset(words)
        self._known: dict[str, bool] = {}
        self._left = most_compared

    def highlights(self, item: Mapping[str, Any]) -> dict[str, str]:
        """By field, the passage around its first such word, with `<em>` around each."""
        found = {}
        for field in _FIELDS:
            value = item.get(field)
            if isinstance(value, str) and self._words:
                passage = self._passage(composed(value[:_READ]))
                if passage is not None:
                    found[field] = passage
        return found

    def _passage(self, text: str) -> str | None:
        places = self._places(text)
        if not places:
            return None
        begin = _begin(text, places[0][0])
        end = begin + _PASSAGE
        parts = ["…"] if begin else []
        at = begin
        for start, stop in places:
            parts += [escape(text[at:start]), "<em>", escape(text[start:stop]), "</em>"]
            at = stop
        parts.append(escape(text[at:end]))
        return "".join(parts) + ("…" if end < len(text) else "")

    def _places(self, text: str) -> list[tuple[int, int]]:
        """Start and end of the first word that was asked for, and of the others in its passage."""
        places: list[tuple[int, int]] = []
        for start, stop, term in positioned_terms(text):
            if places and stop > _begin(text, places[0][0]) + _PASSAGE:
                break
            if self._is_asked_for(term):
                places.append((start, stop))
        return places

    def _is_asked_for(self, term: str) -> bool:
        if term in self._words:
            return True
        if term not in self._known:
            close = [word for word in self._words if _may_be_near(term, word)]
            if len(close) > self._left:
                return False
            self._left -= len(close)
            self._known[term] = any(is_near(term, word) for word in close)
        return self._known[term]


def is_near(term: str, word: str) -> bool:
    """Whether an index would have found `term` for `word`."""
    return term == word or (_may_be_near(term, word) and _distance(term, word) <= edits(word))


def _begin(text: str, first: int) -> int:
    return max(0, first - _BEFORE) if len(text) > _PASSAGE else 0


def _may_be_near(term: str, word: str) -> bool:
    allowed = edits(word)
    return allowed > 0 and abs(len(term) - len(word)) <= allowed


def _distance(one: str, other: str) -> int:
    """Insertions, deletions, replacements and exchanges of neighbours (optimal alignment)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        row = [i]
        for j, wanted in enumerate(other, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
