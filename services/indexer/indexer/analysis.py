"""Texts as words that compare: folded and stemmed here, so that every index can do without.

Languages cannot be told apart in two words, so that the script decides: Cyrillic words get the
Russian stemmer, all others lose their accents (Vietnamese tones, too) and get the English one. Both
sides of a comparison are treated alike.
"""

import functools
import re
import threading
import unicodedata
from collections.abc import Iterator

import snowballstemmer

#: Characters; what is longer is cut, as nobody types it.
LONGEST_WORD = 40
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_LETTERS_WITHOUT_MARKS = str.maketrans({"đ": "d", "ł": "l", "ø": "o", "ı": "i", "ё": "е"})
_stemming = threading.Lock()


def terms(text: str) -> list[str]:
    """The words of a text as they are compared, in their order."""
    return list(map(term, _WORD.findall(composed(text))))


def composed(text: str) -> str:
    """Letters with their accents as one character each, without which words fall apart."""
    return unicodedata.normalize("NFC", text)


def positioned_terms(text: str) -> Iterator[tuple[int, int, str]]:
    """Start and end of every word in a composed text, and the word as it is compared."""
    for match in _WORD.finditer(text):
        yield match.start(), match.end(), term(match.group())


@functools.lru_cache(maxsize=100_000)
def term(word: str) -> str:
    """One word as it is compared."""
    folded = unicodedata.normalize("NFC", word.casefold())[:LONGEST_WORD]
    folded = folded.translate(_LETTERS_WITHOUT_MARKS).replace("'", "").replace("’", "")
    if folded.isdigit():
        return folded
    if _CYRILLIC.search(folded):
        return _stem("russian", _without_marks(folded, "й"))
    return _stem("english", _without_marks(folded, ""))


def _without_marks(word: str, kept: str) -> str:
    return "".join(
        letter if letter in kept else _bare(letter) for letter in unicodedata.normalize("NFC", word)
    )


def _bare(letter: str) -> str:
    decomposed = unicodedata.normalize("NFKD", letter)
    bare = "".join(mark for mark in decomposed if not unicodedata.combining(mark))
    return bare.translate(_LETTERS_WITHOUT_MARKS)


@functools.cache
def _stemmer(language: str) -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer(language)


def _stem(language: str, word: str) -> str:
    # A stemmer keeps the word that it works on.
    with _stemming:
        return str(_stemmer(language).stemWord(word))
