"""Callers share a queue by weight, whatever their backlogs are."""

from collections import Counter
from typing import Any
from uuid import UUID

from gateway.relaying.fairness import FairShares, Share

A, B, C = (UUID(int=n) for n in (1, 2, 3))


def _claim(
    shares: FairShares, wanted: list[Share], room: int, budgets: dict[Any, int] | None = None
) -> Counter[UUID]:
    """Allot, and claim all of it."""
    taken: Counter[UUID] = Counter()
    for allotment in shares.allot(wanted, room, budgets if budgets is not None else {}):
        taken[allotment.share.customer_id] += allotment.most
    shares.charge(taken, {share.customer_id: share.weight for share in wanted})
    return taken


def test_a_lone_caller_gets_all_the_room() -> None:
    assert _claim(FairShares(), [Share(A, 7, "")], 1000) == {A: 1000}


def test_room_is_divided_by_weight() -> None:
    wanted = [Share(A, 1, ""), Share(B, 3, "")]

    assert _claim(FairShares(), wanted, 400) == {A: 100, B: 300}


def test_little_room_at_a_time_is_divided_by_weight_as_well() -> None:
    shares, wanted = FairShares(), [Share(A, 1, ""), Share(B, 3, ""), Share(C, 1, "")]

    total: Counter[UUID] = Counter()
    for _ in range(500):
        total += _claim(shares, wanted, 1)

    assert all(abs(total[c] - expected) <= 3 for c, expected in [(A, 100), (B, 300), (C, 100)])


def test_a_newcomer_is_served_next_and_owes_nobody_the_past() -> None:
    # Given a caller that has had a thousand rows
    shares = FairShares()
    for _ in range(100):
        _claim(shares, [Share(A, 1, "")], 10)
    # When another one comes, then both get half from now on
    assert _claim(shares, [Share(A, 1, ""), Share(B, 1, "")], 2) == {A: 1, B: 1}
    assert _claim(shares, [Share(A, 1, ""), Share(B, 1, "")], 100) == {A: 50, B: 50}


def test_a_limit_leaves_room_to_others() -> None:
    budgets = {"slow": 3}
    wanted = [Share(A, 1, "a", ("slow",)), Share(B, 1, "b", ("slow",)), Share(B, 1, "")]

    taken = _claim(FairShares(), wanted, 100, budgets)

    assert taken == {A: 2, B: 98} or taken == {A: 1, B: 99}
    assert budgets == {"slow": 0}


def test_what_has_nothing_left_gets_nothing() -> None:
    wanted = [Share(A, 1, "a", ("slow",))]

    assert FairShares().allot(wanted, 100, {"slow": 0}) == []


def test_callers_that_are_gone_are_forgotten() -> None:
    shares = FairShares()
    for n in range(1, 1000):
        _claim(shares, [Share(UUID(int=n), 1, ""), Share(UUID(int=n + 1), 1, "")], 2)

    assert len(shares._passes) <= 2
