"""Artifacts that belong to an entity: they stay as long as it needs them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.problems import ArtifactNotFound
from warren.contracts.artifact import ArtifactRef

_INSERT = """
INSERT INTO artifacts (id, customer_id, sha256, size, media_type, name)
VALUES (%(id)s, %(customer_id)s, %(sha256)s, %(size)s, %(media_type)s, %(name)s)
ON CONFLICT (id) DO NOTHING
"""
# Locked, so that no clean-up deletes them before the entity is known to need them.
_LOCK = """
SELECT id FROM artifacts WHERE id = ANY (%s::uuid[]) ORDER BY id FOR NO KEY UPDATE
"""
_KEEP = """
WITH kept AS (
    INSERT INTO kept_artifacts (artifact_id, entity_id) SELECT unnest(%(ids)s::uuid[]), %(entity)s
    ON CONFLICT DO NOTHING
)
UPDATE artifacts SET expires_at = NULL
WHERE id = ANY (%(ids)s::uuid[]) AND expires_at IS NOT NULL
"""
# What a task has made belongs to the entity now, and neither ages nor goes with the task.
_ADOPT = """
UPDATE artifacts SET task_id = NULL, expires_at = NULL WHERE id = ANY (%s::uuid[])
"""
# Uploads are orphans from now on. What belongs to a task would otherwise stay for ever.
_DROP = """
WITH dropped AS (
    DELETE FROM kept_artifacts WHERE entity_id = ANY (%s::uuid[]) RETURNING artifact_id, entity_id
)
UPDATE artifacts a SET expires_at = now() + interval '1 day'
WHERE id IN (SELECT artifact_id FROM dropped) AND task_id IS NOT NULL AND expires_at IS NULL
    AND NOT EXISTS (SELECT FROM kept_artifacts k WHERE k.artifact_id = a.id
        AND (k.artifact_id, k.entity_id) NOT IN (SELECT artifact_id, entity_id FROM dropped))
"""


def add_artifact(
    connection: Connection[Any], customer_id: UUID, entity_id: UUID, reference: ArtifactRef
) -> None:
    """Make stored content an artifact of the customer, which the entity needs."""
    connection.execute(_INSERT, {**reference.model_dump(), "customer_id": customer_id})
    connection.execute(_KEEP, {"ids": [reference.id], "entity": entity_id})


def keep_artifacts(
    connection: Connection[Any], entity_id: UUID, artifact_ids: Iterable[UUID]
) -> None:
    """Let artifacts stay as long as the entity needs them; raises ArtifactNotFound.

    The caller has found them among the customer's.
    """
    wanted = set(artifact_ids)
    if not wanted:
        return
    there = {row[0] for row in connection.execute(_LOCK, [list(wanted)])}
    if gone := wanted - there:
        raise ArtifactNotFound(f"artifact {gone.pop()} was cleaned up just now: upload it again")
    connection.execute(_KEEP, {"ids": list(wanted), "entity": entity_id})


def adopt_artifacts(
    connection: Connection[Any], entity_id: UUID, artifact_ids: Iterable[UUID]
) -> None:
    """Let artifacts that a task has just made stay as long as the entity needs them."""
    wanted = list(artifact_ids)
    connection.execute(_ADOPT, [wanted])
    connection.execute(_KEEP, {"ids": wanted, "entity": entity_id})


def drop_artifacts(connection: Connection[Any], entity_ids: Iterable[UUID]) -> None:
    """The entities need none of them any more, and clean-ups may delete them."""
    connection.execute(_DROP, [list(entity_ids)])
