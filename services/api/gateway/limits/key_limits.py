"""What an API key may ask for: requests in a minute, tasks in a day."""

from functools import lru_cache

from gateway.authentication import Caller
from gateway.config import GatewaySettings
from gateway.database import Pool
from gateway.limits.leases import Lease, Leases, Policy, Taken
from gateway.limits.problems import QuotaUsedUp

REQUESTS = Policy("default", 60, "requests")
TASKS = Policy("tasks", 24 * 3600, "tasks")
Header = tuple[bytes, bytes]


class KeyLimits:
    """Counts for each key; whoever has none, such as a schedule, is not counted.

    The owner of one that counts calls `close`, before the pool is closed.
    """

    def __init__(self, pool: Pool, settings: GatewaySettings) -> None:
        self._settings = settings
        self._requests = Leases(pool, REQUESTS)
        self._tasks = Leases(pool, TASKS)

    async def close(self) -> None:
        """What was given back is in the database."""
        await self._requests.close()
        await self._tasks.close()

    async def count_request(self, caller: Caller) -> None:
        """One more request; raises QuotaUsedUp if it is one too many."""
        quota = self._requests_of(caller)
        if caller.key_id is None or await self._requests.take(caller.key_id, quota):
            return
        raise self._used_up(self._requests, caller, 1, f"{quota:,} requests in a minute")

    async def ensure_task(self, caller: Caller) -> None:
        """Raise QuotaUsedUp if the caller may submit no task now; counts none."""
        quota = self._tasks_of(caller)
        if caller.key_id is None or quota is None:
            return
        if not await self._tasks.has_room(caller.key_id, quota):
            raise self._used_up(self._tasks, caller, 1, f"{quota:,} tasks in a day")

    async def take_tasks(self, caller: Caller, count: int) -> Taken | None:
        """Count `count` more tasks; raises QuotaUsedUp, and counts none, if they are too many.

        None if the caller's are not counted.
        """
        quota = self._tasks_of(caller)
        if caller.key_id is None or quota is None:
            return None
        taken = await self._tasks.take_all(caller.key_id, quota, count)
        if taken is None:
            raise self._used_up(self._tasks, caller, count, f"{quota:,} tasks in a day")
        return taken

    def give_back_tasks(self, taken: Taken | None, count: int) -> None:
        """Count so many of these no more: they were refused, or not new."""
        if taken is not None:
            self._tasks.give_back(taken, count)

    def headers(self, caller: Caller) -> list[Header]:
        """What an answer to the caller says of its limits, as far as they are known."""
        if caller.key_id is None:
            return []
        quotas = [(REQUESTS, self._requests_of(caller)), (TASKS, self._tasks_of(caller))]
        policies = tuple((policy, quota) for policy, quota in quotas if quota is not None)
        standing = [
            f'"{leases.policy.name}";r={leases.remaining(lease)}'
            f";t={leases.seconds_until(lease, lease.quota)}"
            for leases in (self._requests, self._tasks)
            if (lease := leases.known(caller.key_id)) is not None and lease.is_counted
        ]
        told = [(b"ratelimit-policy", _described(policies))]
        return [*told, (b"ratelimit", ", ".join(standing).encode())] if standing else told

    def _requests_of(self, caller: Caller) -> int:
        settings = self._settings
        plan = (
            settings.requests_per_minute_premium
            if caller.is_premium
            else settings.requests_per_minute
        )
        return caller.requests_per_minute or plan

    def _tasks_of(self, caller: Caller) -> int | None:
        settings = self._settings
        plan = settings.tasks_per_day_premium if caller.is_premium else settings.tasks_per_day
        return caller.tasks_per_day or plan

    def _used_up(self, leases: Leases, caller: Caller, count: int, told: str) -> QuotaUsedUp:
        lease = leases.known(caller.key_id) if caller.key_id is not None else None
        seconds = leases.seconds_until(lease, count) if isinstance(lease, Lease) else 1
        return QuotaUsedUp(
            f"your API key may ask for {told}; go on in {seconds} s",
            policy=leases.policy.name,
            retry_after=seconds,
        )


@lru_cache(maxsize=1000)
def _described(policies: tuple[tuple[Policy, int], ...]) -> bytes:
    """`RateLimit-Policy`, a structured field; requests are the unit that goes without saying."""
    return ", ".join(
        f'"{policy.name}";q={quota};w={policy.seconds}'
        + ("" if policy.unit == "requests" else f';qu="{policy.unit}"')
        for policy, quota in policies
    ).encode()
