"""Which descriptions of a book are to be pictured."""

from collections import defaultdict
from collections.abc import Iterable
from heapq import nsmallest

from warren.contracts.book_results import BookDescription

#: So many times what is wanted is looked at together.
_AT_ONCE = 4


def best_across_chapters(found: Iterable[BookDescription], limit: int) -> list[BookDescription]:
    """At most `limit` descriptions, the best first.

    No chapter has two of them while another, whose best is left out, has none; so for every
    further one. Of equal scores the one that stands first is taken. Holds a few times as many.
    """
    kept: list[BookDescription] = []
    for each in found:
        kept.append(each)
        if len(kept) == _AT_ONCE * limit:
            # What is left out now would be later: what stands before it only gets more.
            kept = _chosen(kept, limit)
    return sorted(_chosen(kept, limit), key=_order)


def _chosen(found: Iterable[BookDescription], limit: int) -> list[BookDescription]:
    chapters: dict[int, list[BookDescription]] = defaultdict(list)
    for each in found:
        chapters[each.chapter].append(each)
    # By its rank within its chapter first: all the best ones stand before all the second ones.
    ranked = [
        (rank, *_order(each), each)
        for described in chapters.values()
        for rank, each in enumerate(nsmallest(limit, described, key=_order))
    ]
    return [entry[-1] for entry in nsmallest(limit, ranked, key=lambda entry: entry[:-1])]


def _order(described: BookDescription) -> tuple[float, int, int, str]:
    place = (described.chapter, described.start, str(described.description_id))
    return (-described.score, *place)
