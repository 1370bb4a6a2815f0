"""From a payload as a caller writes it to a payload as a job's message carries it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self
from uuid import UUID

import orjson

from gateway.artifacts.references import ArtifactReferences, artifact_row
from gateway.problems import ArtifactNotFound, FieldError, InvalidFields, TooLarge
from gateway.tasks.entities import Entities
from warren.contracts.ids import derived_id
from warren.contracts.payload_schema import PayloadSchema, below
from warren.contracts.spilling import Spilled, spilled


@dataclass(slots=True)
class PreparedPayload:
    """The payload with references in place of ids, and rows for artifacts that came to be."""

    encoded: bytes
    artifacts: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PayloadPreparation:
    """Validates payloads and makes them ready to travel; nothing is stored for a bad one."""

    references: ArtifactReferences
    entities: Entities
    max_bytes: int

    async def of_many(
        self, given: Sequence[tuple[Mapping[str, Any], PayloadSchema]], customer_id: UUID
    ) -> Self:
        """The same for these payloads: what they name is looked up once, for all of them."""
        ids = {id_ for payload, schema in given for id_ in _artifact_ids(payload, schema)}
        return replace(
            self,
            references=await self.references.of_many(customer_id, ids),
            entities=await self.entities.of_many((payload for payload, _ in given), customer_id),
        )

    async def prepare(
        self,
        given: dict[str, Any],
        schema: PayloadSchema,
        *,
        task_id: UUID,
        customer_id: UUID,
        path: str = "payload",
    ) -> PreparedPayload:
        """Raises InvalidFields, TooLarge, ArtifactNotFound, or what `Entities` raises.

        All of them name the field below `path`.
        """
        payload = await self._checked(given, schema, customer_id, path)
        files = dict(_spilled(payload, schema))
        encoded = self._encoded(payload, path)
        if not files:
            return PreparedPayload(encoded)
        artifacts = []
        for name, (given_name, file) in files.items():
            kept = await self.references.keep(derived_id(task_id, f"payload:{given_name}"), file)
            payload[name] = kept.model_dump(mode="json")
            artifacts.append(artifact_row(kept, customer_id, task_id))
        return PreparedPayload(orjson.dumps(payload), artifacts)

    async def check(
        self, given: dict[str, Any], schema: PayloadSchema, customer_id: UUID, path: str = "payload"
    ) -> None:
        """Raise what `prepare` would, without storing anything; long texts count as they are."""
        self._encoded(await self._checked(given, schema, customer_id, path), path)

    async def _checked(
        self, given: dict[str, Any], schema: PayloadSchema, customer_id: UUID, path: str
    ) -> dict[str, Any]:
        payload = {name: value for name, value in given.items() if value is not None}
        errors = schema.errors(payload, path)
        if errors:
            raise InvalidFields([FieldError(error.field, error.message) for error in errors])
        await self.entities.ensure_owned(payload, customer_id, path)
        await self._refer(payload, schema, customer_id, path)
        return payload

    async def _refer(
        self, payload: dict[str, Any], schema: PayloadSchema, customer_id: UUID, path: str
    ) -> None:
        named = dict(_named_artifacts(payload, schema))
        if not named:
            return
        found = await self.references.of(customer_id, set(named.values()))
        for name, artifact_id in named.items():
            if artifact_id not in found:
                raise ArtifactNotFound.at(
                    below(path, name), f"names an artifact that you do not have: {artifact_id}"
                )
        wire = {key: reference.model_dump(mode="json") for key, reference in found.items()}
        for name in schema.artifact_fields & payload.keys():
            payload[name] = wire[UUID(payload[name])]
        for name in schema.artifact_lists & payload.keys():
            payload[name] = [wire[UUID(item)] for item in payload[name]]

    def _encoded(self, payload: dict[str, Any], path: str) -> bytes:
        encoded = orjson.dumps(payload)
        if len(encoded) <= self.max_bytes:
            return encoded
        largest = max(payload, key=lambda name: len(orjson.dumps(payload[name])))
        raise TooLarge.at(
            below(path, largest),
            f"makes the payload larger than {self.max_bytes} bytes: upload it as an artifact",
            limit_bytes=self.max_bytes,
        )


def _spilled(
    payload: dict[str, Any], schema: PayloadSchema
) -> Iterator[tuple[str, tuple[str, Spilled]]]:
    """Takes what is too long out of the payload: its file, under the name that it will have."""
    for spill in schema.spills:
        file = spilled(spill.text, payload.get(spill.text))
        if file is not None and spill.artifact not in payload:
            del payload[spill.text]
            yield spill.artifact, (spill.text, file)


def _artifact_ids(payload: Mapping[str, Any], schema: PayloadSchema) -> Iterator[UUID]:
    """Those of a payload that nobody has checked yet."""
    for name in (schema.artifact_fields | schema.artifact_lists) & payload.keys():
        value = payload[name]
        for item in value if isinstance(value, list) else [value]:
            try:
                yield UUID(item)
            except (ValueError, TypeError, AttributeError):
                continue


def _named_artifacts(payload: dict[str, Any], schema: PayloadSchema) -> Iterator[tuple[str, UUID]]:
    for name in schema.artifact_fields & payload.keys():
        yield name, UUID(payload[name])
    for name in schema.artifact_lists & payload.keys():
        for number, item in enumerate(payload[name]):
            yield f"{name}[{number}]", UUID(item)
