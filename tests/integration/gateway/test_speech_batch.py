"""Batches of texts and of earlier requests, as they leave the gateway."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.integration.gateway.conftest import SPEECH, Database
from warren.artifacts import open_store
from warren.contracts.ids import new_id
from warren.contracts.kinds import KindDefinition
from warren.contracts.speech_batch import SynthesizeBatch

pytestmark = pytest.mark.postgres

BATCH = KindDefinition(
    kind=SynthesizeBatch.kind,
    version=1,
    service="tts",
    payload_schema=SynthesizeBatch.submission_schema(),
)
PATH = "/api/v1/speech/batch"


@pytest.fixture(autouse=True)
def announced(database: Database) -> None:
    database.announce(SPEECH, BATCH)


def speak(client: httpx.Client, text: str) -> str:
    answer = client.post("/api/v1/speech", json={"text": text})
    return str(answer.json()["task_id"])


def payload_of(database: Database, answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 202, answer.text
    ((kind, payload),) = database.ask(
        "SELECT kind, payload FROM tasks WHERE id = %s", UUID(answer.json()["task_id"])
    )
    assert kind == "tts.batch"
    return dict(payload)


def lines_of(database: Database, reference: dict[str, Any], folder: Path) -> list[Any]:
    ((sha256,),) = database.ask("SELECT sha256 FROM artifacts WHERE id = %s", reference["id"])
    return list(map(json.loads, open_store(str(folder)).read(sha256).splitlines()))


def test_a_batch_is_one_task(client: httpx.Client, database: Database) -> None:
    items = [{"text": "One."}, {"text": "Zwei.", "language": "de", "output_format": "opus"}]
    answer = client.post(PATH, json={"items": items})
    assert payload_of(database, answer) == {"items": items}
    assert answer.json()["kind"] == "tts.batch"
    assert database.count("tasks") == 1


def test_the_former_name_leads_to_it(client: httpx.Client, database: Database) -> None:
    body = {"kind": "batch_process_requests", "payload": {"items": [{"text": "One."}]}}
    assert payload_of(database, client.post("/api/v1/tasks", json=body))["items"]


def test_a_thousand_texts_travel_as_a_file(
    client: httpx.Client, database: Database, artifacts_folder: Path
) -> None:
    items = [{"text": f"Sentence {n} of a thousand, and a few words more."} for n in range(1_000)]
    payload = payload_of(database, client.post(PATH, json={"items": items}))
    assert set(payload) == {"requests"}
    assert lines_of(database, payload["requests"], artifacts_folder) == items


def test_requests_bring_what_was_asked_for_and_how_it_stands(
    client: httpx.Client, database: Database, artifacts_folder: Path
) -> None:
    first, second = speak(client, "One."), speak(client, "Two. " * 5_000)
    database.ask("UPDATE tasks SET state = 'failed' WHERE id = %s", UUID(second))

    answer = client.post(PATH, json={"request_ids": [second, first]})

    payload = payload_of(database, answer)
    assert payload["request_ids"] == [second, first]
    long, short = lines_of(database, payload["requests"], artifacts_folder)
    assert (long["request_id"], long["state"]) == (second, "failed")
    assert long["job"]["artifact_id"]["size"] == 25_000
    assert (short["request_id"], short["state"]) == (first, "pending")
    assert short["job"]["text"] == "One."


def test_requests_of_others_are_not_there(
    client: httpx.Client,
    gateway_url: str,
    database: Database,
    connect: Callable[[str, str], httpx.Client],
) -> None:
    own = speak(client, "One.")
    another = speak(connect(gateway_url, database.key()), "Two.")
    for wanted in (another, str(new_id())):
        answer = client.post(PATH, json={"request_ids": [own, wanted]})
        assert answer.status_code == 404
        assert [error["field"] for error in answer.json()["errors"]] == ["request_ids[1]"]
    assert database.count("tasks") == 2


def test_what_is_no_speech_cannot_be_spoken_again(client: httpx.Client, database: Database) -> None:
    batch = client.post(PATH, json={"items": [{"text": "One."}]}).json()["task_id"]
    body = {"kind": "tts.batch", "payload": {"request_ids": [batch]}}
    answer = client.post("/api/v1/tasks", json=body)
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["field"] == "payload.request_ids[0]"
    assert database.count("artifacts") == 0


FILE = {"id": str(new_id()), "sha256": "0" * 64, "size": 1, "media_type": "a/b", "name": "c"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "items"),
        ({"items": []}, "items"),
        ({"items": [{"text": "a"}] * 1_001}, "items"),
        ({"items": [{"text": " "}]}, "items[0].text"),
        ({"items": [{"text": "a"}, {"text": "a" * 10_001}]}, "items[1].text"),
        ({"items": [{"text": "a", "speed": 9}]}, "items[0].speed"),
        ({"items": [{"text": "a", "artifact_id": str(new_id())}]}, "items[0].artifact_id"),
        ({"items": [{"text": "a"}], "request_ids": [str(new_id())]}, "items"),
        ({"request_ids": [str(new_id())] * 1_001}, "request_ids"),
        ({"request_ids": ["one"]}, "request_ids[0]"),
        ({"items": [{"text": "a"}], "requests": FILE}, "requests"),
    ],
)
def test_a_bad_batch_is_refused_by_field(
    client: httpx.Client, database: Database, body: dict[str, Any], field: str
) -> None:
    answer = client.post(PATH, json=body)
    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert database.count("tasks") == 0
