"""What the gateway process keeps for writes to catalogues."""

import asyncio
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter

from gateway.catalogue.changes import ItemChange, ItemWritten, write_changes
from gateway.catalogue.spool_room import SpoolRoom
from gateway.config import GatewaySettings
from gateway.database import Pool
from gateway.tasks.shared_commits import SharedCommits
from warren.contracts.catalogue_item import EntityKind

#: Bulks that one process works on at a time: each takes a thread's time and a connection.
_BULKS = 2


@dataclass(frozen=True, slots=True)
class ItemWrites:
    """Commits that single writes share, and the room and the turns of bulks."""

    commits: SharedCommits[ItemChange, ItemWritten]
    counted: Counter
    room: SpoolRoom
    bulks: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_BULKS))

    @classmethod
    def to(cls, pool: Pool, settings: GatewaySettings, metrics: CollectorRegistry) -> "ItemWrites":
        """Into this database."""
        counted = Counter(
            "warren_catalogue_writes_total",
            "Items whose writing or deletion was asked for, by what became of the request",
            ["entity_kind", "outcome"],
            registry=metrics,
        )
        batch = settings.submission_batch
        commits = SharedCommits(pool, write_changes, batch=batch, field="item")
        return cls(commits, counted, SpoolRoom(settings.max_spooled_bytes))

    def count(self, kind: EntityKind, outcome: str, items: int = 1) -> None:
        """So many items were `accepted`, `unchanged` or `refused`."""
        self.counted.labels(kind.value, outcome).inc(items)
