"""Whose rows come next within a queue: stride scheduling. Pure.

Each caller has a pass that grows by 1/weight with every row it gets; the lowest pass is served
next. A caller that comes anew starts where the others are, so that it neither waits behind their
backlog nor makes up for time when it wanted nothing. (Waldspurger and Weihl, 1995.)
"""

import heapq
from collections import deque
from collections.abc import Hashable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Share:
    """Rows of one caller that fall under the same limits, `limits` naming those in force."""

    customer_id: UUID
    weight: int
    limit_key: str
    limits: tuple[Hashable, ...] = ()


@dataclass(frozen=True, slots=True)
class Allotment:
    """So many rows of this share may be claimed."""

    share: Share
    most: int


class FairShares:
    """The passes of one queue's callers, kept from claim to claim."""

    def __init__(self) -> None:
        self._passes: dict[UUID, float] = {}
        self._now = 0.0

    def allot(
        self, shares: Sequence[Share], room: int, budgets: MutableMapping[Any, int]
    ) -> list[Allotment]:
        """Divide `room` rows; takes what it gives away from `budgets` too.

        Within a caller its shares take turns.
        """
        turns: dict[UUID, deque[Share]] = {}
        for share in shares:
            turns.setdefault(share.customer_id, deque()).append(share)
        if len(turns) == 1 and len(shares) == 1:
            counts = {shares[0]: _pay_all(shares[0], room, budgets)}
        else:
            counts = self._take_turns(turns, room, budgets)
        return [Allotment(share, most) for share, most in counts.items() if most > 0]

    def charge(self, claimed: Mapping[UUID, int], weights: Mapping[UUID, int]) -> None:
        """Note whose rows were claimed; `weights` names everybody who wanted some."""
        passes = {customer: self._pass(customer) for customer in weights}
        for customer, count in claimed.items():
            passes[customer] += count / weights[customer]
        self._now = max(self._now, min(passes.values(), default=self._now))
        self._passes |= passes
        self._passes = {c: value for c, value in self._passes.items() if value > self._now}

    def _pass(self, customer: UUID) -> float:
        return max(self._now, self._passes.get(customer, self._now))

    def _take_turns(
        self,
        turns: dict[UUID, deque[Share]],
        room: int,
        budgets: MutableMapping[Any, int],
    ) -> dict[Share, int]:
        counts: dict[Share, int] = {}
        waiting = [(self._pass(customer), n, customer) for n, customer in enumerate(turns)]
        heapq.heapify(waiting)
        while waiting and room > 0:
            value, n, customer = heapq.heappop(waiting)
            share = _next_payable(turns[customer], budgets)
            if share is None:
                continue
            counts[share] = counts.get(share, 0) + 1
            room -= 1
            heapq.heappush(waiting, (value + 1 / share.weight, n, customer))
        return counts


def _pay_all(share: Share, room: int, budgets: MutableMapping[Any, int]) -> int:
    most = min([room, *(budgets[limit] for limit in share.limits)])
    for limit in share.limits:
        budgets[limit] -= most
    return most


def _next_payable(shares: deque[Share], budgets: MutableMapping[Any, int]) -> Share | None:
    """The next share all of whose limits have something left; those without are dropped."""
    while shares:
        share = shares.popleft()
        if all(budgets[limit] > 0 for limit in share.limits):
            for limit in share.limits:
                budgets[limit] -= 1
            shares.append(share)
            return share
    return None
