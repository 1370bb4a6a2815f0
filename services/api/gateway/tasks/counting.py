"""How many tasks a filter means, before something is done about them."""

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.tasks.selection import TaskFilter
from gateway.tasks.selection_windows import counting, window_values

_LAST = UUID(int=(1 << 128) - 1)


@dataclass(frozen=True, slots=True)
class Count:
    """Tasks by state; there may be more unless it is complete."""

    by_state: dict[str, int]
    is_complete: bool

    @property
    def count(self) -> int:
        """All of them."""
        return sum(self.by_state.values())


def count_tasks(
    connection: Connection[Any], chosen: TaskFilter, *, seconds: float, below: UUID = _LAST
) -> Count:
    """Count the tasks of the filter with ids below `below`, for about `seconds` at most.

    The gateway's own tasks count only if kind or queue is named, as in bulk actions.
    """
    until = time.monotonic() + seconds
    found: Counter[str] = Counter()
    above: UUID = UUID(int=0)
    while time.monotonic() <= until:
        values = window_values(chosen, above, below)
        tasks, above, looked_at = connection.execute(counting(chosen), values).fetchall()[0]
        found.update(tasks)
        if looked_at < values["window"]:
            return Count(dict(found), is_complete=True)
    return Count(dict(found), is_complete=False)
