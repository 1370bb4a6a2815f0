"""What the announced kinds say about limits, as the relay applies it."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from warren.contracts.limits import Rate

STALE_AFTER = 1.0
# Of several versions the newest decides: they share buckets and groups. The rate of a group stands
# under its name, and is that of its kind with the lowest name.
RULES = """
(SELECT DISTINCT ON (kind) kind,
    CASE WHEN definition ->> 'rate_group' IS NULL THEN definition ->> 'rate_limit' END,
    (definition ->> 'burst')::integer, definition ->> 'concurrency_key' IS NOT NULL,
    (definition ->> 'concurrency_limit')::integer
FROM job_kinds WHERE definition ->> 'rate_limit' IS NOT NULL
    OR definition ->> 'concurrency_key' IS NOT NULL
ORDER BY kind, version DESC)
UNION ALL
(SELECT DISTINCT ON (definition ->> 'rate_group') definition ->> 'rate_group',
    definition ->> 'rate_limit', (definition ->> 'burst')::integer, false, NULL
FROM job_kinds WHERE definition ->> 'rate_limit' IS NOT NULL
    AND definition ->> 'rate_group' IS NOT NULL
ORDER BY definition ->> 'rate_group', kind, version DESC)
"""


@dataclass(frozen=True, slots=True)
class KindRules:
    """The limits of one kind, or the rate of a group of kinds, whatever the key."""

    rate: Rate | None = None
    concurrency: int | None = None


class Rules:
    """The rules of all kinds, read again after STALE_AFTER and for a kind that has none yet."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._read_at = float("-inf")
        self._rules: Mapping[str, KindRules] = {}

    def of(self, connection: Connection[Any], kinds: Iterable[str]) -> Mapping[str, KindRules]:
        """The rules, with those of `kinds` as far as there are any. Raises psycopg.Error."""
        now = self._clock()
        if now - self._read_at > STALE_AFTER or any(kind not in self._rules for kind in kinds):
            self._rules = read_rules(connection)
            self._read_at = now
        return self._rules


def read_rules(connection: Connection[Any]) -> Mapping[str, KindRules]:
    """All kinds that have limits. Raises psycopg.Error."""
    return {kind: kind_rules(*columns) for kind, *columns in connection.execute(RULES)}


def kind_rules(
    rate_limit: str | None, burst: int | None, grouped: bool, concurrency_limit: int | None
) -> KindRules:
    """Rules from the fields of a definition."""
    return KindRules(
        Rate.parse(rate_limit, burst) if rate_limit else None,
        (concurrency_limit or 1) if grouped else None,
    )
