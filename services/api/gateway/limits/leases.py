"""Parts of a quota that a gateway process has leased, so that it need not ask for each request.

A quota is so much of something in a window of time, on the database's clock. What a process leases
is spent for all others, whether it uses it or not: together they never let through more than the
quota; what is leased and not used when a window ends (a hundredth of the quota for each process at
most) is what they may let through too little.
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
#: Seconds for which nothing is counted after the database did not answer.
_GRACE = 1.0
_MOST_LEASES = 20_000
_log = structlog.get_logger(__name__)

# Of what is wanted all, or if that is too much a share: nobody hoards for what is refused anyway.
_OF_ALL: LiteralString = """
CASE WHEN %(wanted)s <= %(quota)s THEN %(wanted)s ELSE least(%(share)s, %(quota)s) END
"""
_OF_THE_REST: LiteralString = """
CASE WHEN %(wanted)s <= %(quota)s - u.used THEN %(wanted)s
    ELSE greatest(0, least(%(share)s, %(quota)s - u.used)) END
"""
# What was leased in an earlier window is forgotten with it.
_LEASE: LiteralString = f"""
WITH clock AS (
    SELECT to_timestamp(floor(extract(epoch FROM clock_timestamp()) / %(seconds)s) * %(seconds)s)
        AS window_start
)
INSERT INTO key_usage AS u (key_id, policy, window_start, used, granted)
SELECT %(key)s, %(policy)s, window_start, {_OF_ALL}, {_OF_ALL}
FROM clock
ON CONFLICT (key_id, policy) DO UPDATE SET
    granted = CASE WHEN u.window_start < excluded.window_start THEN excluded.granted
        ELSE {_OF_THE_REST} END,
    used = CASE WHEN u.window_start < excluded.window_start THEN excluded.used
        ELSE u.used + {_OF_THE_REST} END,
    window_start = greatest(u.window_start, excluded.window_start)
RETURNING granted, greatest(0, %(quota)s - used) AS rest,
    extract(epoch FROM window_start - clock_timestamp())::float8 + %(seconds)s AS seconds
"""  # noqa: S608 -- pieces of this file


@dataclass(frozen=True, slots=True)
class Policy:
    """So much of a unit in so many seconds."""

    name: str
    seconds: int
    unit: str


@dataclass(slots=True)
class Lease:
    """What this process may still let through of `quota` until `until`, on its own clock."""

    quota: int
    left: int
    #: What nobody had leased when this was.
    rest: int
    until: float
    #: Whether the database said so; otherwise nothing is counted.
    is_counted: bool = True

    def suffices(self, quota: int, count: int) -> bool:
        """Whether asking for more would change nothing."""
        enough, hopeless = self.left >= count, self.left + self.rest < count
        return self.quota == quota and (enough or hopeless)

    @property
    def remaining(self) -> int:
        """What may still be used of the quota, as far as this process knows."""
        return max(0, self.left) + self.rest


@dataclass(frozen=True, slots=True)
class Taken:
    """Of whose quota so much was used, in the window that ends at `until`."""

    key: UUID
    count: int
    until: float


class Leases:
    """The leases of one policy, by key."""

    def __init__(
        self, pool: Pool, policy: Policy, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.policy = policy
        #: Ends that lie closer to each other are those of one window.
        self._same = policy.seconds / 2
        self._pool = pool
        self._clock = clock
        self._leases: dict[UUID, Lease] = {}
        self._asking: dict[UUID, asyncio.Task[None]] = {}
        self._wanted: dict[UUID, int] = {}

    def known(self, key: UUID) -> Lease | None:
        """What is leased for the key now; None if nothing is."""
        lease = self._leases.get(key)
        return lease if lease is not None and lease.until > self._clock() else None

    def seconds_left(self, lease: Lease) -> int:
        """Until its window ends; 1 at least."""
        return max(1, math.ceil(lease.until - self._clock()))

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
        return Taken(key, count, lease.until)

    def give_back(self, taken: Taken, count: int) -> None:
        """So much of it was not used after all; nothing once its window has ended."""
        lease = self.known(taken.key)
        if lease is not None and abs(lease.until - taken.until) < self._same:
            lease.left += count

    async def _with_room(self, key: UUID, quota: int, count: int) -> Lease:
        """A lease of which `count` are left, or fewer if the quota has no more.

        Between its return and what its caller does next nobody else has a turn.
        """
        while True:
            lease = self.known(key)
            if lease is not None and lease.suffices(quota, count):
                if lease.rest > 0 and lease.left < _share(quota) // 4:
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
            lease = Lease(quota, quota, 0, self._clock() + _GRACE, is_counted=False)
        else:
            lease = self._granted(key, quota, row, asked)
        self._remember(key, lease)

    def _granted(self, key: UUID, quota: int, row: dict[str, Any], asked: float) -> Lease:
        until = asked + row["seconds"]
        # What was used, or given back, meanwhile counts; not so what belongs to a window before.
        known = self._leases.get(key)
        kept = 0
        if known is not None and known.is_counted and abs(known.until - until) < self._same:
            kept = known.left
        return Lease(quota, kept + row["granted"], row["rest"], until)

    def _remember(self, key: UUID, lease: Lease) -> None:
        if len(self._leases) >= _MOST_LEASES and key not in self._leases:
            now = self._clock()
            self._leases = {k: known for k, known in self._leases.items() if known.until > now}
            if len(self._leases) >= _MOST_LEASES:
                self._leases.clear()
        self._leases[key] = lease


def _share(quota: int) -> int:
    return max(1, quota // _SHARES)
