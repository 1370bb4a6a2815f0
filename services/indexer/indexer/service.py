"""The business, in plain Python: it knows neither broker nor runtime."""

from dataclasses import dataclass

from indexer.errors import NothingToRead
from indexer.ports import WordFinder


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a text takes."""

    words: int
    distinct_words: int
    seconds: float


def reading(text: str, finder: WordFinder, words_per_minute: float) -> Reading:
    """Count the words of a text; raises NothingToRead, naming the field `text`."""
    words = [word.casefold() for word in finder.words(text)]
    if not words:
        raise NothingToRead("the text has no word to read", field="text")
    return Reading(len(words), len(set(words)), round(60 * len(words) / words_per_minute, 1))
