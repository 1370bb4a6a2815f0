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
SELECT id, state, payload FROM tasks
WHERE id = ANY (%(ids)s::uuid[]) AND customer_id = %(customer_id)s AND kind = %(kind)s
"""
_FIELD = "request_ids"
#: Requests that are read at a time, with payloads of 64 KiB each.
_STEP = 100


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
        written = [
            await self._written(ids[start : start + _STEP], customer_id, below(path, _FIELD), start)
            for start in range(0, len(ids), _STEP)
        ]
        file = Spilled("requests.ndjson", b"".join(written), "application/x-ndjson")
        kept = await self.references.keep(derived_id(task_id, f"payload:{_FIELD}"), file)
        document["requests"] = kept.model_dump(mode="json")
        payload.encoded = orjson.dumps(document)
        payload.artifacts.append(artifact_row(kept, customer_id, task_id))

    async def _written(
        self, ids: Sequence[UUID], customer_id: UUID, field: str, start: int
    ) -> bytes:
        found = await self._found(ids, customer_id)
        requests = [
            _request(found.get(id_), id_, f"{field}[{number}]")
            for number, id_ in enumerate(ids, start)
        ]
        return lines([one.model_dump(mode="json", exclude_none=True) for one in requests])

    async def _found(self, ids: Sequence[UUID], customer_id: UUID) -> dict[UUID, DictRow]:
        values = {"ids": list(ids), "customer_id": customer_id, "kind": SynthesizeSpeech.kind}
        async with self.pool.connection() as connection:
            cursor = await connection.execute(_REQUESTS, values)
            return {row["id"]: row for row in await cursor.fetchall()}


def _request(row: DictRow | None, request_id: UUID, place: str) -> RequestToRepeat:
    if row is None:
        raise NotFound.at(place, f"names no request for speech of yours: {request_id}")
    try:
        job = SynthesizeSpeech.model_validate(row["payload"])
    except ValidationError as error:
        raise NotFound.at(place, f"names a request whose text has gone: {request_id}") from error
    return RequestToRepeat(request_id=request_id, state=row["state"], job=job)
