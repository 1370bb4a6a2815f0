"""Which of our languages a text is in, by its letters."""

import re
from collections.abc import Sequence

from nlp_worker.analysis import Language, Sentence
from nlp_worker.errors import LanguageNotSupported, TextRefused

_CYRILLIC = re.compile("[а-яёА-ЯЁ]")
_LATIN = re.compile("[a-zA-Z]")
_LETTER = re.compile(r"[^\W\d_]")
#: A text with less than this of one script is in several languages, or in another one.
_CLEAR = 0.7
#: Words that are in nearly every English paragraph, and in few of other languages.
_ENGLISH = frozenset(
    {
        "the",
        "and",
        "of",
        "to",
        "a",
        "in",
        "was",
        "he",
        "it",
        "his",
        "her",
        "that",
        "with",
        "is",
        "on",
    }
)
_FEW = 0.08


def language_of(text: str, field: str) -> Language:
    """`ru` or `en`; raises TextRefused without letters, LanguageNotSupported for other texts."""
    letters = len(_LETTER.findall(text))
    if not letters:
        raise TextRefused("the text has no letters", field=field)
    cyrillic, latin = len(_CYRILLIC.findall(text)) / letters, len(_LATIN.findall(text)) / letters
    if cyrillic >= _CLEAR:
        return "ru"
    if latin >= _CLEAR and _english(text):
        return "en"
    raise LanguageNotSupported(
        f"the text is not clearly Russian or English ({cyrillic:.0%} of its letters are Cyrillic, "
        f"{latin:.0%} Latin): name its language to analyse only that part",
        field=field,
    )


def _english(text: str) -> bool:
    words = re.findall(r"[a-zA-Z]+", text[:20_000].lower())
    return len(words) < 20 or sum(word in _ENGLISH for word in words) >= _FEW * len(words)


def in_language(sentences: Sequence[Sentence], language: Language) -> list[int]:
    """The indices of sentences whose letters are of the language's script for the most part."""
    own, other = (_CYRILLIC, _LATIN) if language == "ru" else (_LATIN, _CYRILLIC)
    return [
        index
        for index, sentence in enumerate(sentences)
        if len(own.findall(sentence.text)) > len(other.findall(sentence.text))
    ]
