"""What the gateway process keeps for writes to catalogues."""

import asyncio
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter

from gateway.catalogue.changes import ItemChange, ItemWritten, write_changes
from gateway.database import Pool
from gateway.tasks.shared_commits import SharedCommits
from warren.contracts.catalogue_item import EntityKind

#: Bulks that one process works on at a time: each takes a thread's time and a connection.
_BULKS = 2


@dataclass(frozen=True, slots=True)
class ItemWrites:
    """Commits that single writes share, and the turns of bulks."""

    commits: SharedCommits[ItemChange, ItemWritten]
    counted: Counter
    bulks: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_BULKS))

    @classmethod
    def to(cls, pool: Pool, batch: int, metrics: CollectorRegistry) -> "ItemWrites":
        """Into this database."""
        counted = Counter(
            "warren_catalogue_writes_total",
            "Items whose writing or deletion was asked for, by what became of the request",
            ["entity_kind", "outcome"],
            registry=metrics,
        )
        return cls(SharedCommits(pool, write_changes, batch=batch, field="item"), counted)

    def count(self, kind: EntityKind, outcome: str, items: int = 1) -> None:
        """So many items were `accepted`, `unchanged` or `refused`."""
        self.counted.labels(kind.value, outcome).inc(items)
