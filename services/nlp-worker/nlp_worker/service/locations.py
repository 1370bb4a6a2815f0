"""Reading positions, evenly spaced over a book."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from nlp_worker.book import Book, Chapter, Location


def locations_by_count(book: Book, count: int) -> list[Location]:
    """`count` places, the first at the beginning; fewer if the book has fewer characters."""
    total = book.characters
    count = min(count, total)
    return _locations(book, [number * total // count for number in range(count)])


def locations_by_characters(book: Book, characters: int) -> list[Location]:
    """A place every so many characters, the first at the beginning."""
    return _locations(book, range(0, book.characters, characters))


def _locations(book: Book, places: Sequence[int]) -> list[Location]:
    chapters: Sequence[Chapter] = book.chapters
    starts = [0, *accumulate(len(chapter.text) for chapter in chapters)]
    total = max(1, starts[-1])
    found = []
    for place in places:
        index = bisect_right(starts, place, hi=len(chapters)) - 1
        offset = place - starts[index]
        chapter = chapters[index]
        found.append(Location(chapter.cfi(offset), chapter.number, offset, place / total))
    return found
