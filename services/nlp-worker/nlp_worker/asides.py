"""Asides of a text: from and to of notes between its paragraphs, as spans that can be looked up."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

Span = tuple[int, int]


def apart(spans: Iterable[Span]) -> list[Span]:
    """The same characters by spans in their order, none of which is empty or meets another."""
    found: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def within(spans: Sequence[Span], start: int, end: int) -> Sequence[Span]:
    """Those of `apart` that have a character from `start` to before `end`."""
    first = bisect_right(spans, start, key=lambda span: span[1])
    return spans[first : bisect_left(spans, end, lo=first, key=lambda span: span[0])]
