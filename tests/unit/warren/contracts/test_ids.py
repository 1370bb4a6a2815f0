"""Ids sort by time, and derived ones are the same wherever they are made."""

import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from warren.contracts.ids import derived_id, id_at, id_time, lowest_id, new_id

MOMENTS = st.datetimes(
    min_value=datetime(1971, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    max_value=datetime(2999, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def test_new_ids_are_uuid7_and_ascend() -> None:
    ids = [new_id() for _ in range(10_000)]

    assert {(value.version, value.variant) for value in ids} == {(7, uuid.RFC_4122)}
    assert ids == sorted(set(ids))


def test_a_new_id_carries_the_present_time() -> None:
    assert abs(id_time(new_id()) - datetime.now(UTC)) < timedelta(seconds=5)


@given(st.text())
def test_a_derived_id_is_a_uuid7_in_its_parents_millisecond(key: str) -> None:
    parent = new_id()
    child = derived_id(parent, key)

    assert (child.version, child.variant) == (7, uuid.RFC_4122)
    assert id_time(child) == id_time(parent)
    assert child != parent
    assert child == derived_id(parent, key)


def test_derived_ids_differ_by_parent_and_by_key() -> None:
    parents = [new_id(), new_id()]
    children = {derived_id(parent, key) for parent in parents for key in ("a", "b", "")}

    assert len(children) == 6


def test_derivation_never_changes() -> None:
    """Stored ids depend on it: another result here orphans every artifact of every task."""
    parent = uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8057")

    assert str(derived_id(parent, "artifact:speech.wav")) == (
        "01890a5d-ac96-70bf-ac13-026fd839325c"
    )
    assert str(id_at(datetime(2026, 1, 1, tzinfo=UTC), "nightly")) == (
        "019b76da-a800-765a-b9c5-8f7c06614ac6"
    )


@given(MOMENTS)
def test_the_lowest_id_of_a_moment_is_a_bound(moment: datetime) -> None:
    value = id_at(moment, "x")

    assert lowest_id(moment) <= value < lowest_id(moment + timedelta(milliseconds=1))
    assert abs(id_time(value) - moment) < timedelta(milliseconds=1.5)


def test_the_lowest_id_of_a_moment_before_all_ids_is_the_lowest_of_all() -> None:
    assert lowest_id(datetime(821, 4, 5, tzinfo=UTC)) == uuid.UUID(int=0)
