"""Bad items are found and left out; the others go through once, in order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.database_work import Stopping
from gateway.recording.bisection import bisect_failures


class Table:
    """Takes all items of an attempt or none."""

    def __init__(self, bad: set[int]) -> None:
        self.bad = bad
        self.written: list[int] = []
        self.aside: list[int] = []

    def attempt(self, items: list[int]) -> None:
        if self.bad & set(items):
            raise ValueError("a bad item")
        self.written += items

    def set_aside(self, item: int, error: Exception) -> None:
        assert str(error) == "a bad item"
        self.aside.append(item)


@given(st.integers(1, 40), st.sets(st.integers(0, 39)))
def test_exactly_the_bad_items_are_set_aside(count: int, bad: set[int]) -> None:
    table = Table(bad)

    bisect_failures(list(range(count)), table.attempt, table.set_aside)  # type: ignore[arg-type]

    assert table.written == [item for item in range(count) if item not in bad]
    assert table.aside == [item for item in range(count) if item in bad]


def test_being_told_to_stop_is_nobodys_fault() -> None:
    def attempt(items: object) -> None:
        raise Stopping("now")

    def set_aside(item: int, error: Exception) -> None:
        pytest.fail("nothing is to be set aside")

    with pytest.raises(Stopping):
        bisect_failures([1, 2], attempt, set_aside)
