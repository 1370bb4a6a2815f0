"""The artifacts that payloads name, and those that the gateway makes of long texts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self
from uuid import UUID

import anyio.to_thread

from gateway.database import Pool
from warren.artifacts import ArtifactStore
from warren.contracts.artifact import ArtifactRef
from warren.contracts.spilling import Spilled

_REFERENCES = """
SELECT id, sha256, size, media_type, name FROM artifacts
WHERE id = ANY(%s) AND customer_id = %s AND (expires_at IS NULL OR expires_at > now())
"""


@dataclass(frozen=True, slots=True)
class ArtifactReferences:
    """Finds and makes what a job's message may refer to."""

    pool: Pool
    store: ArtifactStore
    #: What was looked up before, of many payloads, is not looked up again.
    found: Mapping[UUID, ArtifactRef] | None = None

    async def of_many(self, customer_id: UUID, ids: Iterable[UUID]) -> Self:
        """For payloads of a customer that name nothing but these."""
        return replace(self, found=await self.of(customer_id, ids))

    async def of(self, customer_id: UUID, ids: Iterable[UUID]) -> dict[UUID, ArtifactRef]:
        """The references to those of `ids` that belong to the customer and have not expired."""
        wanted = list(ids)
        if self.found is not None:
            return {id_: self.found[id_] for id_ in wanted if id_ in self.found}
        if not wanted:
            return {}
        async with self.pool.connection() as connection:
            cursor = await connection.execute(_REFERENCES, [wanted, customer_id])
            rows = await cursor.fetchall()
        return {row["id"]: ArtifactRef.model_validate(row) for row in rows}

    async def keep(self, artifact_id: UUID, file: Spilled) -> ArtifactRef:
        """Store a file; the row that belongs to it is written with the task."""
        stored = await anyio.to_thread.run_sync(self.store.put, file.content)
        return ArtifactRef(
            id=artifact_id,
            sha256=stored.sha256,
            size=stored.size,
            media_type=file.media_type,
            name=file.name,
        )


def artifact_row(reference: ArtifactRef, customer_id: UUID, task_id: UUID) -> dict[str, Any]:
    """The row of `artifacts` for a reference that a task brings along."""
    return {
        **reference.model_dump(mode="json"),
        "customer_id": customer_id,
        "task_id": task_id,
    }
