"""Batches over HTTP: opened, filled in several requests, looked at."""

from typing import Any, ClassVar

import httpx
import pytest

from warren.client.gateway_client import GatewayClient
from warren.client.http_entrance import HttpEntrance
from warren.client.new_task import NewTask
from warren.client.surroundings import entering_by
from warren.contracts.batches import BatchCallback
from warren.contracts.job import Job
from warren.contracts.kinds import KindDefinition
from warren.contracts.submission import TaskOptions
from warren.worker import JobContext, Worker

pytestmark = pytest.mark.postgres
BATCHES = "/api/v1/batches"


class Note(Job):
    """Note something."""

    kind: ClassVar[str] = "tts.note"

    number: int


class AllNoted(BatchCallback):
    """Everything is noted."""

    kind: ClassVar[str] = "tts.all_noted"

    title: str


class NoteWorker(Worker[Note, None]):
    """Asked for only."""

    def perform(self, job: Note, context: JobContext) -> None:
        context.progress(100)


@pytest.fixture
def api(database: Any, module_gateway: Any) -> Any:
    database.ask("DELETE FROM batch_members")
    database.ask("DELETE FROM batches")
    database.announce(
        *(
            KindDefinition(
                kind=job.kind, version=1, service="tts", payload_schema=job.submission_schema()
            )
            for job in (Note, AllNoted)
        )
    )
    headers = {"Authorization": f"Bearer {database.key()}"}
    with httpx.Client(
        base_url=module_gateway.url, headers=headers, trust_env=False, timeout=60
    ) as client:
        yield client


def _items(*numbers: int) -> list[dict[str, Any]]:
    return [{"kind": Note.kind, "payload": {"number": number}} for number in numbers]


def test_a_batch_shows_how_its_members_stand(api: httpx.Client, database: Any) -> None:
    # Given a batch of three, of which two have come
    then = {"kind": AllNoted.kind, "payload": {"title": "notes"}}
    answer = api.post(BATCHES, json={"items": _items(0, 1), "total": 3, "on_complete": then})
    assert answer.status_code == 202, answer.text
    batch, members = answer.json()["task_id"], answer.json()["members"]
    view = api.get(f"/api/v1/tasks/{batch}").json()
    assert (view["status"], view["waiting_for"]) == ("processing", "members")
    assert (view["batch"]["total"], view["batch"]["known"]) == (3, 2)
    # When the third comes, twice
    for _ in range(2):
        added = api.post(f"{BATCHES}/{batch}/members", json={"items": _items(2), "offset": 2})
        assert added.status_code == 202, added.text
    # Then there are three, once each
    listed = api.get(f"{BATCHES}/{batch}/members", params={"limit": 2}).json()
    assert [item["task_id"] for item in listed["items"]] == members
    rest = api.get(f"{BATCHES}/{batch}/members", params={"cursor": listed["next_cursor"]}).json()
    assert [item["task_id"] for item in rest["items"]] == added.json()["members"]
    # And cancelled they are together
    assert api.post(f"/api/v1/tasks/{batch}/cancel").json()["status"] == "cancelled"
    assert api.get(f"/api/v1/tasks/{batch}").json()["batch"]["cancelled"] == 3
    closed = api.post(f"{BATCHES}/{batch}/members", json={"items": _items(2), "offset": 2})
    assert (closed.status_code, closed.json()["type"]) == (409, "urn:warren:problem:batch-closed")
    assert database.ask("SELECT count(*) FROM tasks WHERE kind = 'tts.all_noted'") == [(0,)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"items": []}, "items"),
        ({"items": _items(1), "total": 0}, "total"),
        ({"items": _items(1), "total": 10_001}, "total"),
        ({"items": _items(1), "more": 1}, "more"),
        ({"items": [{"kind": Note.kind, "payload": {}}]}, "items[0].payload.number"),
        ({"items": _items(1), "on_complete": 5}, "on_complete"),
        (
            {"items": _items(1), "on_complete": {"kind": "tts.no", "payload": {}}},
            "on_complete.kind",
        ),
        (
            {"items": _items(1), "on_complete": {"kind": AllNoted.kind, "payload": {}}},
            "on_complete.payload.title",
        ),
        ({"items": _items(1), "on_complete": _items(1)[0]}, "on_complete.kind"),
    ],
)
def test_what_is_wrong_is_named_and_leaves_nothing_behind(
    api: httpx.Client, database: Any, body: dict[str, Any], field: str
) -> None:
    answer = api.post(BATCHES, json=body)
    assert answer.status_code in (404, 422)
    assert answer.json()["errors"][0]["field"] == field
    assert (database.count("tasks"), database.count("batches")) == (0, 0)


def test_members_beyond_the_total_and_of_others_batches_are_refused(
    api: httpx.Client, database: Any
) -> None:
    batch = api.post(BATCHES, json={"items": _items(0)}).json()["task_id"]
    path = f"{BATCHES}/{batch}/members"
    beyond = api.post(path, json={"items": _items(1), "offset": 1})
    assert (beyond.status_code, beyond.json()["errors"][0]["field"]) == (422, "items")
    stranger = {"Authorization": f"Bearer {database.key()}"}
    assert api.get(path, headers=stranger).status_code in (200, 404)
    taken = api.post(path, json={"items": _items(0), "offset": 0}, headers=stranger)
    assert taken.status_code == 404
    assert database.count("tasks") == 2


def test_the_client_opens_a_batch_of_thousands(
    api: httpx.Client, database: Any, module_gateway: Any
) -> None:
    # Given a caller outside of jobs
    client = GatewayClient(module_gateway.url, database.key(), timeout=60)
    with entering_by(HttpEntrance(client)):
        # When it asks for many jobs and one that follows
        handle = NoteWorker.perform_bulk(
            ({"number": number} for number in range(2_500)), on_complete=AllNoted(title="notes")
        )
    client.close()
    # Then they are members of one batch
    assert database.ask(
        "SELECT batch_id, count(*), max(position) FROM batch_members GROUP BY 1"
    ) == [(handle.id, 2_500, 2_499)]
    assert database.ask("SELECT total, callback ->> 'kind' FROM batches") == [
        (2_500, AllNoted.kind)
    ]


def test_a_batch_asked_for_again_with_its_key_is_the_same(
    api: httpx.Client, database: Any, module_gateway: Any
) -> None:
    client = GatewayClient(module_gateway.url, database.key(), timeout=60)
    entrance = HttpEntrance(client)
    tasks = [NewTask(Note(number=number), TaskOptions()) for number in range(3)]
    ids = {entrance.enqueue_batch(tasks, None, "notes-of-may") for _ in range(2)}
    client.close()
    assert len(ids) == 1
    assert database.count("batch_members") == 3
