"""Parts of a quota that a gateway process has leased, so that it need not ask for each request.

A quota is a bucket: so much of something at once, and what was used drains evenly, all of it in
`seconds`, on the database's clock. There is no moment at which all is there again at once, at whose
border a caller could have it twice. What a process leases is used for all others, whether it needs
it or not: a hundredth of the quota for each process, kept for as long as the whole drains.
"""

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import structlog

from gateway.database import Pool

#: Leases of one quota, about: of a small one, each request asks.
_SHARES = 100
#: Seconds, at most, after which who was told that nothing is left asks again.
_PAUSE = 1.0
#: Seconds for which nothing is counted after the database did not answer.
_GRACE = 1.0
_MOST_LEASES = 20_000
_log = structlog.get_logger(__name__)

_DRAINED: LiteralString = """
greatest(0, u.used - greatest(0, extract(epoch FROM excluded.counted_at - u.counted_at)::float8)
    * %(quota)s / %(seconds)s)
"""
# Of what is wanted all, or if that is too much a share: nobody hoards for what is refused anyway.
_OF_ALL: LiteralString = """
CASE WHEN %(wanted)s <= %(quota)s THEN %(wanted)s ELSE least(%(share)s, %(quota)s) END
"""
_OF_THE_REST: LiteralString = f"""
CASE WHEN %(wanted)s <= %(quota)s - {_DRAINED} THEN %(wanted)s
    ELSE greatest(0, least(%(share)s, floor(%(quota)s - {_DRAINED}))) END
"""
_LEASE: LiteralString = f"""
INSERT INTO key_usage AS u (key_id, policy, counted_at, used, granted)
VALUES (%(key)s, %(policy)s, clock_timestamp(), {_OF_ALL}, {_OF_ALL})
ON CONFLICT (key_id, policy) DO UPDATE SET
    granted = {_OF_THE_REST},
    used = {_DRAINED} + {_OF_THE_REST},
    counted_at = greatest(u.counted_at, excluded.counted_at)
RETURNING granted, greatest(0, %(quota)s - used)::float8 AS rest
"""  # noqa: S608 -- pieces of this file

_GIVE_BACK: LiteralString = """
UPDATE key_usage SET used = greatest(0, used - %(count)s)
WHERE key_id = %(key)s AND policy = %(policy)s
"""


@dataclass(frozen=True, slots=True)
class Policy:
    """So much of a unit at once, and as much again in so many seconds."""

    name: str
    seconds: int
    unit: str


@dataclass(slots=True)
class Lease:
    """What this process may still let through of `quota`; times are of its own clock."""

    quota: int
    left: int
    #: What nobody had leased at `asked`.
    rest: float
    asked: float
    until: float
    #: What drains in a second.
    rate: float
    #: Whether the database said so; otherwise nothing is counted.
    is_counted: bool = True

    def suffices(self, quota: int, count: int, now: float) -> bool:
        """Whether asking for more would change nothing."""
        enough, hopeless = self.left >= count, now < self._worth_asking(count)
        return self.quota == quota and (enough or hopeless)

    def seconds_until(self, count: int, now: float) -> float:
        """Until so much may be used, if nobody uses more; 0 if it may be now."""
        missing = min(count, self.quota) - max(0, self.left) - self._rest(now)
        return max(0.0, missing / self.rate)

    def remaining(self, now: float) -> int:
        """What may still be used of the quota, as far as this process knows."""
        return min(self.quota, max(0, self.left) + math.floor(self._rest(now)))

    def _rest(self, now: float) -> float:
        return min(self.quota, self.rest + (now - self.asked) * self.rate)

    def _worth_asking(self, count: int) -> float:
        """When so much may be there; whoever goes on asking at his limit does not ask for each.

        After `_PAUSE` at the latest, however long it takes to drain: others may give it back.
        """
        missing = count - self.left - self.rest
        if missing <= 0:
            return self.asked
        return self.asked + min(_PAUSE, max(missing, _share(self.quota)) / self.rate)


@dataclass(frozen=True, slots=True)
class Taken:
    """Of whose quota so much was used, and when; whether the database knows."""

    key: UUID
    count: int
    at: float
    quota: int
    is_counted: bool = True


class Leases:
    """The leases of one policy, by key. Its owner calls `close`, before the pool is closed."""

    def __init__(
        self, pool: Pool, policy: Policy, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.policy = policy
        self._pool = pool
        self._clock = clock
        self._leases: dict[UUID, Lease] = {}
        self._asking: dict[UUID, asyncio.Task[None]] = {}
        self._wanted: dict[UUID, int] = {}
        self._owed: dict[UUID, float] = {}
        self._giving: dict[UUID, asyncio.Task[None]] = {}

    async def close(self) -> None:
        """What was given back is in the database."""
        await asyncio.gather(*self._giving.values())

    def known(self, key: UUID) -> Lease | None:
        """What is leased for the key now; None if nothing is."""
        lease = self._leases.get(key)
        return lease if lease is not None and lease.until > self._clock() else None

    def remaining(self, lease: Lease) -> int:
        """What may still be used now."""
        return lease.remaining(self._clock())

    def seconds_until(self, lease: Lease, count: int) -> int:
        """Until so much of the quota may be used, if nobody uses more; 1 at least."""
        return max(1, math.ceil(lease.seconds_until(count, self._clock())))

    async def take(self, key: UUID, quota: int) -> bool:
        """Use one; False if all of the quota is taken."""
        lease = await self._with_room(key, quota, 1)
        if lease.left < 1:
            return False
        lease.left -= 1
        return True

    async def has_room(self, key: UUID, quota: int) -> bool:
        """Whether one more could be used now."""
        return (await self._with_room(key, quota, 1)).left >= 1

    async def take_all(self, key: UUID, quota: int, count: int) -> Taken | None:
        """Use `count` at once; None, and none is used, if the quota has no more so many."""
        lease = await self._with_room(key, quota, count)
        if lease.left < count:
            return None
        lease.left -= count
        return Taken(key, count, self._clock(), quota, lease.is_counted)

    def give_back(self, taken: Taken, count: int) -> None:
        """So much of it was not used after all; nothing once that has drained anyway.

        Of more than a share, other processes know soon: nobody keeps much that drains meanwhile.
        """
        if count <= 0 or not taken.is_counted:
            return
        lease = self.known(taken.key)
        if lease is not None and lease.is_counted and lease.left + count <= _share(taken.quota):
            if self._clock() < taken.at + self.policy.seconds:
                lease.left += count
            return
        drained = self._rate(taken.quota) * (self._clock() - taken.at)
        if count > drained:
            self._owe(taken.key, count - drained)

    def _owe(self, key: UUID, count: float) -> None:
        """Give so much back to the database, in the background."""
        lease = self.known(key)
        if lease is not None:
            # Whoever wants it asks, and once it is there. What has drained is there, too.
            lease.rest += math.ceil(count)
        self._owed[key] = self._owed.get(key, 0) + count
        if key not in self._giving:
            self._giving[key] = asyncio.create_task(self._give(key))

    async def _give(self, key: UUID) -> None:
        try:
            while count := self._owed.pop(key, 0):
                values = {"key": key, "policy": self.policy.name, "count": count}
                async with self._pool.connection() as connection:
                    await connection.execute(_GIVE_BACK, values)
        except psycopg.Error as error:
            # It counts as used until it has drained, as does what was added meanwhile.
            count += self._owed.pop(key, 0)
            _log.warning(
                "quota_not_given_back",
                policy=self.policy.name,
                key_id=str(key),
                count=count,
                error=str(error),
            )
        finally:
            del self._giving[key]

    async def _with_room(self, key: UUID, quota: int, count: int) -> Lease:
        """A lease of which `count` are left, or fewer if the quota has no more.

        Between its return and what its caller does next nobody else has a turn.
        """
        while True:
            lease = self.known(key)
            if lease is not None and lease.suffices(quota, count, self._clock()):
                if lease.rest >= 1 and lease.left < _share(quota) // 4:
                    # Before it is used up, so that nobody has to wait.
                    self._begin(key, quota)
                return lease
            await self._asked(key, quota, count)

    async def _asked(self, key: UUID, quota: int, count: int) -> None:
        """One statement however many requests wait for it, for as much as all of them want."""
        self._wanted[key] = self._wanted.get(key, 0) + count
        try:
            await asyncio.shield(self._begin(key, quota))
        finally:
            self._wanted[key] -= count
            if not self._wanted[key]:
                del self._wanted[key]

    def _begin(self, key: UUID, quota: int) -> "asyncio.Task[None]":
        asking = self._asking.get(key)
        # One that is over is not waited for: that takes no turn, and who found too little in its
        # answer would ask it for ever, and nobody else would have a turn.
        if asking is None or asking.done():
            asking = self._asking[key] = asyncio.create_task(self._ask(key, quota))
            asking.add_done_callback(partial(self._forget, key))
        return asking

    def _forget(self, key: UUID, asked: "asyncio.Task[None]") -> None:
        if self._asking.get(key) is asked:
            del self._asking[key]

    async def _ask(self, key: UUID, quota: int) -> None:
        if (giving := self._giving.get(key)) is not None:
            await asyncio.shield(giving)
        known = self.known(key)
        kept = known.left if known is not None and known.is_counted else 0
        wanted = max(_share(quota), self._wanted.get(key, 0) - kept)
        values: dict[str, Any] = {
            "key": key,
            "policy": self.policy.name,
            "seconds": self.policy.seconds,
            "quota": quota,
            "wanted": wanted,
            "share": _share(quota),
        }
        asked = self._clock()
        try:
            async with self._pool.connection() as connection:
                (row,) = await (await connection.execute(_LEASE, values)).fetchall()
        except psycopg.Error as error:
            # Limits protect the database; without it there is nothing that they could cost.
            _log.debug("quota_not_counted", policy=self.policy.name, error=str(error))
            until = self._clock() + _GRACE
            lease = Lease(quota, quota, 0, asked, until, self._rate(quota), is_counted=False)
        else:
            lease = self._granted(key, quota, row, asked)
        self._remember(key, lease)

    def _granted(self, key: UUID, quota: int, row: dict[str, Any], asked: float) -> Lease:
        # What was used, or given back, meanwhile counts.
        known = self.known(key)
        kept = known.left if known is not None and known.is_counted else 0
        until = asked + self.policy.seconds
        left = kept + int(row["granted"])
        return Lease(quota, left, row["rest"], asked, until, self._rate(quota))

    def _rate(self, quota: int) -> float:
        return quota / self.policy.seconds

    def _remember(self, key: UUID, lease: Lease) -> None:
        if len(self._leases) >= _MOST_LEASES and key not in self._leases:
            now = self._clock()
            self._leases = {k: known for k, known in self._leases.items() if known.until > now}
            if len(self._leases) >= _MOST_LEASES:
                self._leases.clear()
        self._leases[key] = lease


def _share(quota: int) -> int:
    return max(1, quota // _SHARES)
