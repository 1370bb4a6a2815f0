"""Artifacts that belong to an entity: they stay as long as it needs them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from psycopg import Connection

from warren.contracts.artifact import ArtifactRef

_INSERT = """
INSERT INTO artifacts (id, customer_id, sha256, size, media_type, name)
VALUES (%(id)s, %(customer_id)s, %(sha256)s, %(size)s, %(media_type)s, %(name)s)
ON CONFLICT (id) DO NOTHING
"""
_KEEP = """
INSERT INTO kept_artifacts (artifact_id, entity_id) SELECT unnest(%s::uuid[]), %s
ON CONFLICT DO NOTHING
"""
# What a task has made belongs to the entity now, and neither ages nor goes with the task.
_ADOPT = """
UPDATE artifacts SET task_id = NULL, expires_at = NULL WHERE id = ANY (%s::uuid[])
"""


def add_artifact(
    connection: Connection[Any], customer_id: UUID, entity_id: UUID, reference: ArtifactRef
) -> None:
    """Make stored content an artifact of the customer, which the entity needs."""
    connection.execute(_INSERT, {**reference.model_dump(), "customer_id": customer_id})
    connection.execute(_KEEP, [[reference.id], entity_id])


def keep_artifacts(
    connection: Connection[Any], entity_id: UUID, artifact_ids: Iterable[UUID]
) -> None:
    """Let artifacts that the customer has stay as long as the entity needs them."""
    connection.execute(_KEEP, [list(artifact_ids), entity_id])


def adopt_artifacts(
    connection: Connection[Any], entity_id: UUID, artifact_ids: Iterable[UUID]
) -> None:
    """Let artifacts that a task has just made stay as long as the entity needs them."""
    wanted = list(artifact_ids)
    connection.execute(_ADOPT, [wanted])
    connection.execute(_KEEP, [wanted, entity_id])


def drop_artifacts(connection: Connection[Any], entity_id: UUID) -> None:
    """The entity needs none of them any more: they are orphans from now on."""
    connection.execute("DELETE FROM kept_artifacts WHERE entity_id = %s", [entity_id])
