"""Up to which versions the index may forget its tombstones."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

from psycopg import Connection

from warren.contracts.catalogue_item import EntityKind
from warren.contracts.ids import id_time, lowest_id

#: A task has its id before it takes its version, and that before its row says so: by minutes.
_MARGIN = timedelta(hours=1)
# What was cleaned up, and is in no open dead letter, has no payload to start with.
_STARTABLE: LiteralString = """
SELECT customer_id, min(task_id::text)::uuid FROM (
    SELECT customer_id, task_id FROM dead_letters
    WHERE resolution IS NULL AND kind LIKE 'catalogue.%%' AND task_id IS NOT NULL
    UNION ALL SELECT customer_id, id FROM tasks
    WHERE cleaned_at IS NULL AND id < %(below)s AND kind LIKE 'catalogue.%%'
        AND state IN ('failed', 'cancelled', 'expired')) startable
GROUP BY customer_id
"""


class Tombstone(NamedTuple):
    """A row that went: an item that the index, too, knows as deleted."""

    customer_id: UUID
    entity_kind: str
    version: int
    changed_at: datetime


class Forgettable:
    """Collects, from the rows that go, the highest version that the index need not keep.

    The tombstones of the index stand in the way of writes with lower versions. Of those up to
    version `v` none is needed once no such write can come any more. Versions are taken in order, so
    it would be one whose task began before `v` was taken, and that was `days` days ago (a day at
    least). No task that began so early lives, or could be started again by a retry or a replay:
    that is looked up here. A run that somebody froze, and the sweeper gave up, would have to go on
    after all these days in the middle of its request, on a connection that has long been cut.

    Versions that are left out today are covered by any that go later.
    """

    def __init__(self, connection: Connection[Any], before: datetime, living: UUID | None) -> None:
        found = connection.execute(_STARTABLE, {"below": lowest_id(before + _MARGIN)})
        self._startable: dict[UUID, UUID] = dict(found.fetchall())
        self._living = living
        self.versions: dict[tuple[UUID, EntityKind], int] = {}

    def note(self, gone: Iterable[Tombstone]) -> None:
        """These rows are deleted."""
        for row in gone:
            if self._is_older_than_all(row):
                place = row.customer_id, EntityKind(row.entity_kind)
                self.versions[place] = max(row.version, self.versions.get(place, 0))

    def _is_older_than_all(self, row: Tombstone) -> bool:
        tasks = (self._living, self._startable.get(row.customer_id))
        return all(task is None or row.changed_at < id_time(task) - _MARGIN for task in tasks)
