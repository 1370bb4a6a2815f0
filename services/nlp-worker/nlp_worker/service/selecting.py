"""Which descriptions of a book are to be pictured."""

from collections import defaultdict
from collections.abc import Iterable
from heapq import nsmallest

from warren.contracts.book_results import BookDescription


def best_across_chapters(found: Iterable[BookDescription], limit: int) -> list[BookDescription]:
    """At most `limit` descriptions, the best first.

    No chapter has two of them while another, whose best is left out, has none; so for every
    further one. Of equal scores the one that stands first is taken.
    """
    chapters: dict[int, list[BookDescription]] = defaultdict(list)
    for each in found:
        chapters[each.chapter].append(each)
    # By its rank within its chapter first: all the best ones stand before all the second ones.
    ranked = [
        (rank, *_order(each), each)
        for described in chapters.values()
        for rank, each in enumerate(nsmallest(limit, described, key=_order))
    ]
    chosen = nsmallest(limit, ranked, key=lambda entry: entry[:-1])
    return sorted((entry[-1] for entry in chosen), key=_order)


def _order(described: BookDescription) -> tuple[float, int, int, str]:
    place = (described.chapter, described.start, str(described.description_id))
    return (-described.score, *place)
