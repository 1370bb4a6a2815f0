"""Files that a task's success is made of become its customer's artifacts."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson
from psycopg import Connection

from gateway.tasks.projection import Projection
from gateway.tasks.state_machine import Transition

_INSERT = """
INSERT INTO artifacts (id, customer_id, sha256, size, media_type, name, task_id, expires_at)
SELECT id, customer_id, sha256, size, media_type, name, task_id, now() + make_interval(days => days)
FROM json_to_recordset(%s::json) AS n (id uuid, customer_id uuid, sha256 text, size bigint,
    media_type text, name text, task_id uuid, days integer)
ON CONFLICT DO NOTHING
"""


def artifact_projection(days_of: Callable[[str], int]) -> Projection:
    """Insert artifacts that expire as many days from now as `days_of` says of the task's kind."""

    def project(connection: Connection[Any], transitions: Sequence[Transition]) -> None:
        rows = [row for t in transitions for row in _rows(t, days_of)]
        if rows:
            rows.sort(key=lambda row: row["id"])
            connection.execute(_INSERT, [orjson.dumps(rows).decode()])

    return project


def _rows(transition: Transition, days_of: Callable[[str], int]) -> Iterator[dict[str, Any]]:
    task = transition.after
    if transition.success is None:
        return
    for artifact in transition.success.data.artifacts:
        yield {
            **artifact.model_dump(),
            "customer_id": task.customer_id,
            "task_id": task.id,
            "days": days_of(task.kind),
        }
