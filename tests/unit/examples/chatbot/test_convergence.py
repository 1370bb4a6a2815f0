"""Whatever the order in which changes arrive, and however often: the newest of each counts."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatbot.database import Database
from chatbot.errors import Superseded
from chatbot.schemas import Collection
from chatbot.store import Store
from chatbot.versions import Place

_SOURCES = ("wiki", "blog")
#: Writes are what most changes are.
_OPERATIONS = ("put", "put", "put", "delete", "delete_by_source", "delete_all")


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a customer's documents, with the version that its place in time gives it."""

    operation: str
    version: int
    id: str
    source: str


@st.composite
def histories(draw: st.DrawFn) -> list[Change]:
    changes = draw(
        st.lists(
            st.tuples(
                st.sampled_from(_OPERATIONS),
                st.sampled_from("abc"),
                st.sampled_from(_SOURCES),
            ),
            max_size=12,
        )
    )
    return [Change(c[0], version, c[1], c[2]) for version, c in enumerate(changes, start=1)]


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Change], list[Change]]:
    """A history, and how it arrives: all of it at least once, in any order."""
    history = draw(histories())
    again = draw(st.lists(st.sampled_from(history), max_size=6)) if history else []
    return history, draw(st.permutations([*history, *again]))


def apply(store: Store, change: Change) -> None:
    place = Place("c", Collection.DOCUMENTS, change.id)
    if change.operation == "put":
        content = {"source": change.source, "text": f"version {change.version}"}
        store.put(place, change.version, content)
    elif change.operation == "delete":
        store.delete(place, change.version)
    elif change.operation == "delete_by_source":
        store.delete_by_source("c", change.source, change.version)
    elif change.operation == "delete_all":
        store.delete_all("c", Collection.DOCUMENTS, change.version)


def arrived(changes: Sequence[Change]) -> dict[str, tuple[int, str]]:
    """What a chatbot has after these calls, in this order."""
    database = Database(":memory:")
    for change in changes:
        with suppress(Superseded), database.transaction() as connection:
            apply(Store(connection), change)
    with database.transaction() as connection:
        page = Store(connection).page("c", Collection.DOCUMENTS, "", 100)
    database.close()
    return {item.id: (item.version, item.hash) for item in page.items}


def expected(history: Sequence[Change]) -> dict[str, int]:
    """A model: what is there if everything arrives once, in the order in which it was meant."""
    there: dict[str, tuple[int, str]] = {}
    for change in history:
        if change.operation == "put":
            there[change.id] = (change.version, change.source)
        elif change.operation == "delete":
            there.pop(change.id, None)
        elif change.operation == "delete_all":
            there.clear()
        else:
            there = {i: entry for i, entry in there.items() if entry[1] != change.source}
    return {id_: version for id_, (version, _) in there.items()}


_A, _B = (Change("put", n, "a", s) for n, s in enumerate(_SOURCES, start=1))
_GONE = Change("delete_by_source", 3, "a", _SOURCES[1])
_OTHER_GONE = Change("delete_by_source", 3, "a", _SOURCES[0])


@settings(deadline=None)
@given(deliveries())
# A document moved to a source that was then deleted; its first state arrives last.
@example(([_A, _B, _GONE], [_GONE, _B, _A]))
@example(([_A, _B, _GONE], [_GONE, _A, _B]))
# A document that was moved out of a source before that was deleted; the move arrives last.
@example(([_A, _B, _OTHER_GONE], [_A, _OTHER_GONE, _B]))
def test_any_order_of_arrival_ends_in_the_same(case: tuple[list[Change], list[Change]]) -> None:
    history, delivery = case

    there = arrived(delivery)

    assert {id_: version for id_, (version, _) in there.items()} == expected(history)
    assert there == arrived(history)
