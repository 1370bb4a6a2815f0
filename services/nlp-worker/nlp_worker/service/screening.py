"""Which sentences can be descriptions at all: a cheap look at their words, before any analyser.

A description shows something: without a word that does (in whatever form) nobody accepts one.
"""

from collections.abc import Sequence
from functools import cache

from nlp_worker.analysis import Language, Sentence
from nlp_worker.service.lexicon import CONCRETE, groups

_MIN_WORDS = 3
_SHOWS = frozenset({*CONCRETE, "visual"})
#: Of a Russian or English word so many letters stay the same in all its forms, mostly.
_STEM = 5


@cache
def _stems(language: Language) -> frozenset[str]:
    return frozenset(
        _stem(lemma) for lemma, of in groups(language).items() if not _SHOWS.isdisjoint(of)
    )


def _stem(word: str) -> str:
    cut = max(3, min(_STEM, len(word) - 2))
    return word.lower().replace("ё", "е")[:cut]


def possible(sentences: Sequence[Sentence], language: Language) -> list[int]:
    """The indices of sentences that are worth an analyser's time."""
    return [i for i, sentence in enumerate(sentences) if _can_show(sentence, language)]


def _can_show(sentence: Sentence, language: Language) -> bool:
    words = [word.text for word in sentence.words if word.is_word]
    stems = _stems(language)
    return len(words) >= _MIN_WORDS and any(_stem(word) in stems for word in words)
