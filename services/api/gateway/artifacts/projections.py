"""Files that a task's success is made of, and its parts before that, become artifacts."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson
from psycopg import Connection

from gateway.tasks.projection import Projection
from warren.contracts.artifact import ArtifactRef
from warren.contracts.state_machine import Transition
from warren.contracts.status import TaskPart

_INSERT = """
INSERT INTO artifacts (id, customer_id, sha256, size, media_type, name, task_id, expires_at)
SELECT id, customer_id, sha256, size, media_type, name, task_id, now() + make_interval(days => days)
FROM json_to_recordset(%s::json) AS n (id uuid, customer_id uuid, sha256 text, size bigint,
    media_type text, name text, task_id uuid, days integer)
ON CONFLICT (id) DO
"""
#: Of several runs that announced a part under one name, the first is kept until a success says
#: which file it is made of.
_PART = f"{_INSERT} NOTHING"
_RESULT = f"""{_INSERT} UPDATE SET sha256 = excluded.sha256, size = excluded.size,
    media_type = excluded.media_type, name = excluded.name, expires_at = excluded.expires_at
WHERE artifacts.task_id = excluded.task_id
"""


def artifact_projection(days_of: Callable[[str], int]) -> Projection:
    """Insert artifacts that expire as many days from now as `days_of` says of the task's kind."""

    def project(connection: Connection[Any], transitions: Sequence[Transition]) -> None:
        for query, artifacts_of in ((_PART, _parts), (_RESULT, _results)):
            rows = {
                artifact.id: _row(t, artifact, days_of)
                for t in transitions
                for artifact in artifacts_of(t)
            }
            if rows:
                ordered = [rows[key] for key in sorted(rows)]
                connection.execute(query, [orjson.dumps(ordered).decode()])

    return project


def _parts(transition: Transition) -> Iterator[ArtifactRef]:
    # From the last to the first: of two parts with one id in a batch, the first stands.
    for status in reversed(transition.history):
        if isinstance(status, TaskPart):
            yield status.data.artifact


def _results(transition: Transition) -> Iterator[ArtifactRef]:
    if transition.success is not None:
        yield from transition.success.data.artifacts


def _row(
    transition: Transition, artifact: ArtifactRef, days_of: Callable[[str], int]
) -> dict[str, Any]:
    task = transition.after
    return {
        **artifact.model_dump(),
        "customer_id": task.customer_id,
        "task_id": task.id,
        "days": days_of(task.kind),
    }
