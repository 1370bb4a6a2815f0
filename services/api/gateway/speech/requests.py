"""Earlier requests that a batch names: workers know nothing of them but what travels with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg.rows import DictRow
from pydantic import ValidationError

from gateway.artifacts.references import ArtifactReferences, artifact_row
from gateway.database import Pool
from gateway.problems import NotFound
from gateway.tasks.payloads import PreparedPayload
from warren.contracts.ids import derived_id
from warren.contracts.payload_schema import below
from warren.contracts.speech import SynthesizeSpeech
from warren.contracts.speech_batch import RequestToRepeat
from warren.contracts.spilling import Spilled, lines

_REQUESTS: LiteralString = """
SELECT id, kind, state, payload FROM tasks WHERE id = ANY (%s::uuid[]) AND customer_id = %s
"""
_FIELD = "request_ids"


@dataclass(frozen=True, slots=True)
class SpeechRequests:
    """Finds the requests of customers."""

    pool: Pool
    references: ArtifactReferences

    async def bring(
        self, payload: PreparedPayload, task_id: UUID, customer_id: UUID, path: str
    ) -> None:
        """Put what `request_ids` name into a file of the payload, if it names any.

        Raises NotFound, naming the field below `path`, if one is none of the customer's or not of
        speech.
        """
        document: dict[str, Any] = orjson.loads(payload.encoded)
        if _FIELD not in document:
            return
        ids = [UUID(given) for given in document[_FIELD]]
        found = await self._found(ids, customer_id)
        requests = [
            _request(found.get(id_), id_, f"{below(path, _FIELD)}[{number}]")
            for number, id_ in enumerate(ids)
        ]
        file = _file(requests)
        kept = await self.references.keep(derived_id(task_id, f"payload:{_FIELD}"), file)
        document["requests"] = kept.model_dump(mode="json")
        payload.encoded = orjson.dumps(document)
        payload.artifacts.append(artifact_row(kept, customer_id, task_id))

    async def _found(self, ids: Sequence[UUID], customer_id: UUID) -> dict[UUID, DictRow]:
        async with self.pool.connection() as connection:
            cursor = await connection.execute(_REQUESTS, [list(ids), customer_id])
            return {row["id"]: row for row in await cursor.fetchall()}


def _request(row: DictRow | None, request_id: UUID, place: str) -> RequestToRepeat:
    if row is None or row["kind"] != SynthesizeSpeech.kind:
        raise NotFound.at(place, f"names no request for speech of yours: {request_id}")
    try:
        job = SynthesizeSpeech.model_validate(row["payload"])
    except ValidationError as error:
        raise NotFound.at(place, f"names a request whose text has gone: {request_id}") from error
    return RequestToRepeat(request_id=request_id, state=row["state"], job=job)


def _file(requests: Sequence[RequestToRepeat]) -> Spilled:
    written = [request.model_dump(mode="json", exclude_none=True) for request in requests]
    return Spilled("requests.ndjson", lines(written), "application/x-ndjson")
