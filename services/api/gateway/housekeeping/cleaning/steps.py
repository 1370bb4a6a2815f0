"""Big work in small steps."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

_T = TypeVar("_T")

#: Called between two steps; raises to end the work there.
Check = Callable[[], None]


def in_steps(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """The items in lists of `size`, the last one shorter."""
    rest = iter(items)
    while step := list(islice(rest, size)):
        yield step
