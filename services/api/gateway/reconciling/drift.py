"""What the chatbot has, against what it should have."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection

from gateway.reconciling.entities import Entity

#: Two clocks are compared; what was confirmed so shortly before the listing is left out.
_MARGIN = timedelta(minutes=1)
_NAMED = 10
_THERE: LiteralString = (
    "CREATE TEMP TABLE there (id uuid NOT NULL, version bigint NOT NULL) ON COMMIT DROP"
)
# Of ours only what is at rest since before the listing; what failed is known to differ.
_COMPARE: LiteralString = """
SELECT what, count(*), (array_agg(id ORDER BY id))[:%(named)s] FROM (
    SELECT coalesce(s.entity_id, t.id) AS id, CASE
        WHEN t.id IS NULL THEN 'missing'
        WHEN s.entity_id IS NULL OR s.deleted THEN 'strange'
        WHEN t.version < s.synced_version THEN 'behind'
        WHEN t.version > s.synced_version THEN 'ahead' END AS what
    FROM (SELECT id, max(version) AS version FROM there GROUP BY id) t FULL JOIN (
        SELECT * FROM syncs WHERE customer_id = %(customer)s AND entity = %(entity)s
    ) s ON s.entity_id = t.id
    WHERE s.entity_id IS NULL OR (s.state = 'synced' AND s.synced_at < %(before)s
        AND (t.id IS NOT NULL OR NOT s.deleted))
) compared WHERE what IS NOT NULL GROUP BY what ORDER BY what
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """How many entries are `missing` there, `behind`, `ahead` or `strange`; the first are named."""

    what: str
    count: int
    ids: list[UUID]


def compare_versions(
    connection: Connection[Any],
    customer_id: UUID,
    entity: Entity,
    there: Iterable[tuple[str, int]],
    listed_at: datetime,
) -> list[Difference]:
    """What differs from a listing that began at `listed_at`, and is not on its way."""
    with connection.transaction():
        connection.execute(_THERE)
        with connection.cursor().copy("COPY there (id, version) FROM STDIN") as copy:
            for row in there:
                copy.write_row(row)
        values = {"customer": customer_id, "entity": entity.value, "named": _NAMED}
        found = connection.execute(_COMPARE, {**values, "before": listed_at - _MARGIN})
        return [Difference(*row) for row in found.fetchall()]
