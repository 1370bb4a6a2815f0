"""Who is to be told: endpoints of customers, and the URLs of single tasks."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from gateway.webhooks.filters import is_wanted

_READ: LiteralString = """
SELECT id AS endpoint_id, NULL::uuid AS task_id, customer_id, url, events FROM webhook_endpoints
WHERE customer_id = ANY (%(customers)s::uuid[]) AND disabled_at IS NULL
UNION ALL
(SELECT NULL, id, customer_id, webhook ->> 'url',
    ARRAY (SELECT jsonb_array_elements_text(webhook -> 'events'))
FROM tasks WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s
    AND webhook IS NOT NULL
ORDER BY id)
ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Receiver:
    """An address with its filter: an endpoint's, or else that of the one task `task_id`."""

    endpoint_id: UUID | None
    task_id: UUID | None
    customer_id: UUID
    url: str
    events: list[str]

    @property
    def secret_owner(self) -> UUID:
        """By whose secret its messages are signed."""
        return self.endpoint_id or self.customer_id

    def wants(self, type_: str, task_id: UUID, *, asked_by_job: bool) -> bool:
        """Whether it is told this of the task.

        Of the ends of tasks that jobs ask for an endpoint hears nothing: nobody else knows them.
        """
        if self.task_id is not None and self.task_id != task_id:
            return False
        hidden = asked_by_job and self.task_id is None
        return not hidden and is_wanted(type_, self.events)


def read_receivers(
    connection: Connection[Any], customers: Iterable[UUID], task_ids: Iterable[UUID]
) -> list[Receiver]:
    """The enabled endpoints of these customers, and the URLs of these tasks."""
    ids = sorted(set(task_ids))
    values = {"customers": sorted(set(customers)), "ids": ids, "low": ids[0], "high": ids[-1]}
    with connection.cursor(row_factory=class_row(Receiver)) as cursor:
        return cursor.execute(_READ, values).fetchall()
