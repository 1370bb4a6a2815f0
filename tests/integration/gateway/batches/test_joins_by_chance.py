"""Two recorders, real transactions, any order and repetition: a model says what comes of it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warren.contracts.ids import new_id

pytestmark = pytest.mark.postgres
#: What is told of a member: its number, and how its run went.
Told = tuple[int, str]


@st.composite
def joins(draw: Any) -> tuple[int, list[str], list[list[list[Told]]]]:
    """A size, how each member ends, and for each of two recorders the messages it reads."""
    total = draw(st.integers(1, 6))
    ends = draw(st.lists(st.sampled_from(["succeeded", "failed"]), min_size=total, max_size=total))
    facts: list[Told] = [(number, end) for number, end in enumerate(ends)]
    late = draw(st.lists(st.sampled_from([(n, "processing") for n in range(total)]), max_size=4))
    again = draw(st.lists(st.sampled_from(facts), max_size=6))
    mixed = draw(st.permutations([*facts, *late, *again]))
    sides: list[list[list[Told]]] = [[], []]
    for told in mixed:
        side = sides[draw(st.integers(0, 1))]
        if side and draw(st.booleans()):
            side[-1].append(told)
        else:
            side.append([told])
    return total, ends, sides


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(joins())
def test_joins_are_as_the_model_says(
    batches: Any, ends: Any, recorders: Any, join: tuple[int, list[str], list[list[list[Told]]]]
) -> None:
    total, how, sides = join
    key = f"pages-{new_id()}"
    before = len(batches.callbacks())
    with recorders(batches.url) as first:
        for command in batches.commands(total, key=key, chunk=2):
            first.take([command])
    start = threading.Barrier(2)

    def record(messages: list[list[Told]]) -> None:
        with recorders(batches.url) as recorder:
            start.wait(30)
            for message in messages:
                recorder.fold(*(ends(batches.member(n, key), end) for n, end in message))

    # When two recorders read what is told
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(record, sides))
    # Then each member counts once, and one callback says how all have ended
    outcome = batches.outcome(key=key)
    assert [member.state for member in outcome.members] == how
    assert (outcome.succeeded, outcome.failed) == (how.count("succeeded"), how.count("failed"))
    assert len(batches.callbacks()) == before + 1
    expected = "failed" if "failed" in how else "succeeded"
    assert batches.state(batches.batch(key)) == expected
