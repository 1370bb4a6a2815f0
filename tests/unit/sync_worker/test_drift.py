"""Ours against the chatbot's list."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from sync_worker.service.drift import Drift, drift

_A, _B, _C, _D = (UUID(int=number) for number in (1, 2, 3, 4))
_LISTS = st.dictionaries(st.integers(1, 9).map(lambda n: UUID(int=n)), st.integers(1, 5))


def test_what_is_missing_behind_ahead_or_strange_is_named() -> None:
    found = drift({_A: 3, _B: 2, _D: 3}, [(_B, 1), (_C, 1), (_D, 4)])

    assert found == Drift(missing=[_A], behind=[_B], ahead=[_D], strange=[_C])


@given(ours=_LISTS, theirs=_LISTS)
def test_applying_what_was_found_leaves_nothing_to_find(
    ours: dict[UUID, int], theirs: dict[UUID, int]
) -> None:
    found = drift(ours, theirs.items())

    repaired = {id_: version for id_, version in theirs.items() if id_ not in found.strange}
    repaired |= {id_: ours[id_] for id_ in [*found.missing, *found.behind, *found.ahead]}

    assert not drift(ours, repaired.items())
    assert set(repaired) == set(ours)
