"""Earlier requests that a batch names."""

import asyncio
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import orjson

from gateway.artifacts.references import ArtifactReferences
from gateway.database import Pool
from gateway.speech.requests import SpeechRequests
from gateway.tasks.payloads import PreparedPayload
from tests.unit.gateway.looked_at import LookedAt
from warren.artifacts import open_store
from warren.contracts.ids import new_id


class _Tasks(LookedAt):
    """Whatever is asked for is a request for speech."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds: set[str] = set()

    async def found(self, values: dict[str, Any]) -> list[dict[str, Any]]:
        self.kinds.add(values["kind"])
        payload = {"text": "One."}
        return [{"id": id_, "state": "failed", "payload": payload} for id_ in values["ids"]]


def test_many_requests_are_read_a_hundred_at_a_time_and_nothing_but_speech(tmp_path: Path) -> None:
    tasks, store = _Tasks(), open_store(str(tmp_path))
    pool = cast("Pool", tasks)
    requests = SpeechRequests(pool, ArtifactReferences(pool, store))
    ids = [str(new_id()) for _ in range(250)]
    payload = PreparedPayload(orjson.dumps({"request_ids": ids}))

    asyncio.run(requests.bring(payload, new_id(), UUID(int=1), "payload"))

    assert tasks.asked == [100, 100, 50]
    assert tasks.kinds == {"tts.synthesize"}
    kept = store.read(orjson.loads(payload.encoded)["requests"]["sha256"])
    assert [orjson.loads(line)["request_id"] for line in kept.splitlines()] == ids
