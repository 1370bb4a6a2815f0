"""From a payload as a caller writes it to one as a job's message carries it."""

from typing import Any
from uuid import UUID

import orjson

from warren.contracts.artifact import ArtifactRef
from warren.contracts.ids import derived_id, new_id
from warren.contracts.payload_schema import PayloadSchema, below
from warren.contracts.spilling import spilled
from warren.contracts.submission import MAX_PAYLOAD_BYTES
from warren.testing.memory.refusal import Refusal
from warren.testing.memory.tasks import Tasks
from warren.testing.worker import MemoryStore


class Payloads:
    """Validates payloads, and puts references to artifacts in the place of their ids."""

    def __init__(self, store: MemoryStore, tasks: Tasks) -> None:
        self._store = store
        self._tasks = tasks
        self._uploaded: dict[UUID, ArtifactRef] = {}

    def upload(
        self, name: str, content: bytes, media_type: str, key: UUID | None = None
    ) -> ArtifactRef:
        """Keep a file for payloads; its reference."""
        stored = self._store.put(content)
        reference = ArtifactRef(
            id=key or new_id(),
            sha256=stored.sha256,
            size=stored.size,
            media_type=media_type,
            name=name,
        )
        self._uploaded[reference.id] = reference
        return reference

    def prepare(
        self, given: dict[str, Any], schema: PayloadSchema, task_id: UUID, path: str = "payload"
    ) -> dict[str, Any]:
        """Raises Refusal, naming the field below `path`."""
        payload = {name: value for name, value in given.items() if value is not None}
        misfits = schema.errors(payload, path)
        if misfits:
            errors = [(misfit.field, misfit.message) for misfit in misfits]
            detail = "; ".join(f"{field} {message}" for field, message in errors)
            raise Refusal(422, "invalid-fields", detail, errors)
        for name in schema.artifact_fields & payload.keys():
            payload[name] = self._reference(payload[name], below(path, name))
        for name in schema.artifact_lists & payload.keys():
            payload[name] = [
                self._reference(item, f"{below(path, name)}[{number}]")
                for number, item in enumerate(payload[name])
            ]
        self._spill(payload, schema, task_id)
        if len(orjson.dumps(payload)) > MAX_PAYLOAD_BYTES:
            largest = max(payload, key=lambda name: len(orjson.dumps(payload[name])))
            what = f"makes the payload larger than {MAX_PAYLOAD_BYTES} bytes: upload it"
            raise Refusal.at(below(path, largest), what, status=413, name="too-large")
        return payload

    def _spill(self, payload: dict[str, Any], schema: PayloadSchema, task_id: UUID) -> None:
        for spill in schema.spills:
            file = spilled(spill.text, payload.get(spill.text))
            if file is not None and spill.artifact not in payload:
                del payload[spill.text]
                key = derived_id(task_id, f"payload:{spill.text}")
                kept = self.upload(file.name, file.content, file.media_type, key)
                payload[spill.artifact] = kept.model_dump(mode="json")

    def _reference(self, artifact_id: Any, path: str) -> dict[str, Any]:
        wanted = UUID(str(artifact_id))
        found = self._uploaded.get(wanted) or self._of_tasks(wanted)
        if found is None:
            raise Refusal.at(
                path,
                f"names an artifact that you do not have: {wanted}",
                status=404,
                name="artifact-not-found",
            )
        return found.model_dump(mode="json")

    def _of_tasks(self, wanted: UUID) -> ArtifactRef | None:
        having = (task for task in self._tasks if wanted in task.artifacts)
        return next((task.artifacts[wanted] for task in having), None)
