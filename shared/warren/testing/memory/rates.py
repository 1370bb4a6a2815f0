"""How often jobs may start, by the clock of the system."""

import math
from datetime import timedelta

from warren.client.clock import Clock
from warren.contracts.bucket import Bucket
from warren.contracts.limit_key import limit_key_of
from warren.contracts.limits import Rate
from warren.testing.memory.kinds import Kinds
from warren.testing.memory.stored_task import StoredTask


class Rates:
    """Token buckets, as relays keep them; a job that is let through starts at once."""

    def __init__(self, kinds: Kinds, clock: Clock) -> None:
        self._kinds = kinds
        self._clock = clock
        self._buckets: dict[str, Bucket] = {}

    def wait_of(self, task: StoredTask) -> timedelta | None:
        """Take a token for a task that is due; if there is none, how long until there is one."""
        known = self._kinds.newest(task.row.kind)
        if known is None or known.definition.rate_limit is None:
            return None
        definition = known.definition
        rate = Rate.parse(known.definition.rate_limit, definition.burst)
        caller = {"customer_id": task.row.customer_id, "user_id": task.user_id}
        name = limit_key_of(definition, caller, task.payload).bucket
        now = self._clock.monotonic()
        bucket = self._buckets.get(name) or Bucket.new(rate, now, 0)
        bucket = bucket.refilled(rate, now, 0)
        if bucket.available(rate) == 0:
            self._buckets[name] = bucket
            return timedelta(milliseconds=math.ceil(1000 * bucket.next_in(rate)) or 1)
        self._buckets[name] = bucket.taken(1).refilled(rate, now, 0)
        return None
