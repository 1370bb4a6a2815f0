"""The index has what the gateway has, for each customer and kind."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Evidence
from tests.chaos.evidence.services import Kept


def index_is_followed(evidence: Evidence) -> Iterator[Violation]:
    """Of everything that is not below a floor the gateway knows that the index has it."""
    for floor in evidence.services.floors:
        if floor.followed != floor.version:
            words = f"floor {floor.version} of {_of(floor.customer, floor.collection)}"
            yield Violation("index not followed", f"{words}, it is at {floor.followed}")
    for item in _above(evidence, evidence.services.items):
        if item.followed != item.version:
            message = f"{item.id} of {_of(item.customer, item.collection)} is at {item.version},"
            yield Violation("index not followed", f"{message} the index at {item.followed}")


def the_index_equals_the_catalogue(evidence: Evidence) -> Iterator[Violation]:
    """The same ids, versions and contents, tombstones as well, and each document once.

    What an old write has left below a floor no search can see.
    """
    held = _above(evidence, evidence.services.indexed)
    for place, count in Counter(item.place for item in held).items():
        if count > 1:
            yield Violation("doubled in index", f"{place} is there {count} times")
    found = {item.place: item for item in held}
    wanted = {item.place: item for item in _above(evidence, evidence.services.items)}
    for place in wanted.keys() | found.keys():
        yield from _difference(wanted.get(place), found.get(place))


def _difference(wanted: Kept | None, found: Kept | None) -> Iterator[Violation]:
    if wanted is None:
        yield Violation("strange in index", f"nobody wants {found!r:.300}")
    elif found is None:
        yield Violation("missing in index", f"{wanted!r:.300}")
    elif found.version != wanted.version:
        yield Violation("index out of date", f"version {found.version}, not {wanted!r:.300}")
    elif found.content != wanted.content:
        yield Violation("wrong item in index", f"{found!r:.300}, not {wanted.content!r:.300}")


def _above(evidence: Evidence, items: Sequence[Kept]) -> list[Kept]:
    """Those that no floor covers."""
    floors = {(f.customer, f.collection): f.version for f in evidence.services.floors}
    return [i for i in items if i.version > floors.get((i.customer, i.collection), 0)]


def _of(customer: str, collection: str) -> str:
    return f"{collection} of {customer}"
