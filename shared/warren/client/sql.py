"""A task as part of a PostgreSQL transaction of yours: both are committed, or neither.

The function `warren_enqueue` makes it, which the gateway's migrations bring along; this is its
wrapper for Python. The connection is any with `execute(query, parameters)` and psycopg's
placeholders.
"""

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

import orjson

from warren.client.handle import TaskHandle
from warren.client.new_task import options_of
from warren.client.payload import travelling_payload
from warren.contracts.job import Job

_ENQUEUE = """
SELECT warren_enqueue(kind => %s, payload => %s::jsonb, customer => %s, version => %s, lane => %s,
    run_at => %s, delay_seconds => %s, expires_at => %s, unique_key => %s, metadata => %s::jsonb,
    tags => %s::text[], user_id => %s)
"""


class _Answer(Protocol):
    def fetchone(self) -> Any: ...


class Connection(Protocol):
    """What this needs of a psycopg connection or cursor."""

    def execute(self, query: Any, params: Sequence[Any]) -> _Answer: ...


def enqueue(connection: Connection, job: Job, *, customer: UUID, **options: Any) -> TaskHandle:
    """Ask for a task of `customer` within the connection's transaction.

    `options` are those of warren.contracts.submission.TaskOptions. The task exists once the
    transaction commits. Raises InvalidJob or PayloadTooLarge before anything is sent, and the
    driver's error for what the function refuses, after which the transaction can only be rolled
    back.
    """
    said = options_of(options)
    payload = orjson.dumps(travelling_payload(job)).decode()
    metadata = None if said.metadata is None else orjson.dumps(said.metadata).decode()
    values = [
        job.kind,
        payload,
        customer,
        job.version,
        None if said.lane is None else said.lane.value,
        said.run_at,
        said.delay_seconds,
        said.expires_at,
        said.unique_key,
        metadata,
        said.tags,
        said.user_id,
    ]
    row = connection.execute(_ENQUEUE, values).fetchone()
    task_id = next(iter(row.values())) if isinstance(row, dict) else row[0]
    return TaskHandle(task_id)
