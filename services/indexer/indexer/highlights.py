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


def highlights(item: Mapping[str, Any], words: Sequence[str]) -> dict[str, str]:
    """For each field with such a word, the passage around the first, with `<em>` around each."""
    found = {}
    for field in _FIELDS:
        value = item.get(field)
        if isinstance(value, str) and words:
            passage = _passage(composed(value[:_READ]), frozenset(words))
            if passage is not None:
                found[field] = passage
    return found


def _passage(text: str, words: frozenset[str]) -> str | None:
    places = [
        (start, end)
        for start, end, term in positioned_terms(text)
        if any(is_near(term, word) for word in words)
    ]
    if not places:
        return None
    begin = max(0, places[0][0] - _BEFORE) if len(text) > _PASSAGE else 0
    end = begin + _PASSAGE
    parts = ["…"] if begin else []
    at = begin
    for start, stop in places:
        if stop > end:
            break
        parts += [escape(text[at:start]), "<em>", escape(text[start:stop]), "</em>"]
        at = stop
    parts.append(escape(text[at:end]))
    return "".join(parts) + ("…" if end < len(text) else "")


def is_near(term: str, word: str) -> bool:
    """Whether an index would have found `term` for `word`."""
    allowed = edits(word)
    if term == word or not allowed or abs(len(term) - len(word)) > allowed:
        return term == word
    return _distance(term, word) <= allowed


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
