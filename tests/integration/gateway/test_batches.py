"""POST /api/v1/tasks/batch, by hand and by the client that workers' callers use."""

from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import UUID, uuid4

import httpx
import pytest

from gateway.customers.keys import Scope
from warren.client.enqueueing import enqueue, enqueue_many
from warren.client.errors import (
    GatewayUnreachable,
    RefusedByGateway,
    TaskCancelled,
    TaskNotFinished,
    TaskUnknown,
    WaitTimeout,
)
from warren.client.gateway_client import GatewayClient, default_client
from warren.client.handle import TaskHandle
from warren.client.http_entrance import HttpEntrance
from warren.client.surroundings import entering_by
from warren.contracts.ids import new_id
from warren.contracts.job import Job
from warren.contracts.kinds import KindDefinition
from warren.contracts.speech import SynthesizeSpeech
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres

BATCH = "/api/v1/tasks/batch"


class Note(Job):
    """Note something."""

    kind: ClassVar[str] = "tts.note"

    number: int
    text: str = ""


NOTE = KindDefinition(
    kind=Note.kind,
    version=1,
    service="tts",
    payload_schema=Note.submission_schema(),
    unique="{payload.text}",
)


def items(*texts: str, **more: Any) -> dict[str, Any]:
    return {
        "items": [{"kind": "tts.synthesize", "payload": {"text": text}, **more} for text in texts]
    }


@pytest.fixture
def gateway(
    gateway_url: str, database: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[GatewayClient]:
    """The gateway that the environment names; it knows of both kinds."""
    database.announce(NOTE)
    monkeypatch.setenv("WARREN_URL", gateway_url)
    monkeypatch.setenv("WARREN_API_KEY", database.key())
    client = default_client()
    eventually(lambda: Note.kind in [kind["kind"] for kind in client.get("/api/v1/kinds")["items"]])
    yield client
    client.close()


def test_all_are_accepted_in_their_order(client: httpx.Client, database: Any) -> None:
    answer = client.post(BATCH, json=items("a", "b", "c", tags=["many"]))

    assert answer.status_code == 202
    ids = [item["task_id"] for item in answer.json()["items"]]
    texts = dict(database.ask("SELECT id::text, payload ->> 'text' FROM tasks"))
    assert [texts[task] for task in ids] == ["a", "b", "c"]
    assert database.count("outbox") == 3
    assert client.get(answer.json()["items"][2]["urls"]["status"]).json()["status"] == "pending"


def test_a_thousand_fit_and_one_more_does_not(client: httpx.Client, database: Any) -> None:
    assert client.post(BATCH, json=items(*["a"] * 1001)).status_code == 422
    assert database.count("tasks") == 0

    assert client.post(BATCH, json=items(*["a"] * 1000)).status_code == 202
    assert database.count("outbox") == 1000


def test_they_are_members_of_a_batch_that_is_followed_like_a_task(client: httpx.Client) -> None:
    answer = client.post(BATCH, json=items("a", "b", "c")).json()
    ids = [item["task_id"] for item in answer["items"]]

    assert _members(client, answer) == ids
    task = f"/api/v1/tasks/{answer['batch_id']}"
    assert client.get(f"{task}/status").json()["waiting_for"] == "members"
    # Cancelled as a whole, it ends with its members
    assert client.post(f"{task}/cancel").json()["status"] == "cancelled"
    assert {client.get(item["urls"]["status"]).json()["status"] for item in answer["items"]} == {
        "cancelled"
    }


def test_what_is_sent_again_is_the_same_batch(client: httpx.Client) -> None:
    key = {"Idempotency-Key": "k"}
    first = client.post(BATCH, json=items("a", "b"), headers=key).json()
    again = client.post(BATCH, json=items("a", "b"), headers=key).json()

    assert first == again
    assert len(_members(client, again)) == 2


def test_what_lives_already_is_no_member(client: httpx.Client) -> None:
    known = items("a", unique_key="u")["items"]
    lives = client.post("/api/v1/tasks", json=known[0]).json()

    mixed = client.post(BATCH, json={"items": [*known, *items("b")["items"]]}).json()
    nothing_new = client.post(BATCH, json={"items": known}).json()

    assert [item["unique"] for item in mixed["items"]] == [True, False]
    assert _members(client, mixed) == [mixed["items"][1]["task_id"]]
    assert nothing_new["batch_id"] is None
    assert nothing_new["items"][0]["task_id"] == lives["task_id"]


def test_without_a_batch_nothing_stands_beside_the_tasks(
    client: httpx.Client, database: Any
) -> None:
    answer = client.post(f"{BATCH}?batch=false", json=items("a", "b"))

    assert answer.json()["batch_id"] is None
    assert database.count("tasks") == 2


def _members(client: httpx.Client, answer: dict[str, Any]) -> list[str]:
    listed = client.get(f"/api/v1/batches/{answer['batch_id']}/members").json()["items"]
    return [member["task_id"] for member in listed]


@pytest.mark.parametrize(
    ("body", "field", "status"),
    [
        ({}, "items", 422),
        ({"items": []}, "items", 422),
        ({"items": "all"}, "items", 422),
        ({"items": ["a"]}, "items[0]", 422),
        ({**items("a"), "colour": 1}, "colour", 422),
        ({"items": [*items("a", "b")["items"], {"payload": {}}]}, "items[2].kind", 422),
        (items("a", lane="fast"), "items[0].lane", 422),
        (items("a", ""), "items[1].payload.text", 422),
        (
            {"items": [*items("a")["items"], {"kind": "no.kind", "payload": {}}]},
            "items[1].kind",
            404,
        ),
    ],
)
def test_one_bad_item_is_named_and_none_is_accepted(
    client: httpx.Client, database: Any, body: dict[str, Any], field: str, status: int
) -> None:
    answer = client.post(BATCH, json=body)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field)
    assert answer.json()["detail"].startswith(field)
    assert database.count("tasks") == database.count("outbox") == 0


def test_the_same_request_with_the_same_key_makes_the_same_tasks(
    client: httpx.Client, database: Any
) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    first = client.post(BATCH, json=items("a", "b"), headers=key)
    again = client.post(BATCH, json=items("a", "b"), headers=key)

    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert database.count("outbox") == 2


def test_a_unique_key_is_taken_once_also_within_a_batch(
    client: httpx.Client, database: Any
) -> None:
    answer = client.post(BATCH, json=items("a", "b", unique_key="one")).json()["items"]

    assert answer[0]["task_id"] == answer[1]["task_id"]
    assert sorted(item["unique"] for item in answer) == [False, True]
    assert database.count("outbox") == 1


def test_one_task_goes_in_over_http(gateway: GatewayClient, database: Any) -> None:
    handle = enqueue(SynthesizeSpeech(text="Hello"), lane="low", tags=["one"])

    assert database.ask("SELECT id, lane, tags, payload FROM tasks") == [
        (handle.id, "low", ["one"], {"text": "Hello"})
    ]
    assert handle.status().status == "pending"
    with pytest.raises(TaskNotFinished):
        handle.result()


def test_the_same_key_is_the_same_task(gateway: GatewayClient, database: Any) -> None:
    handles = [enqueue(SynthesizeSpeech(text="Hello"), key="greeting 17") for _ in range(2)]

    assert handles[0] == handles[1]
    assert database.count("tasks") == 1


def test_2500_jobs_go_in_by_chunks(gateway: GatewayClient, database: Any) -> None:
    handles = enqueue_many(Note(number=n, text=f"text {n}") for n in range(2500))

    assert len({handle.id for handle in handles}) == database.count("outbox") == 2500
    numbers = dict(database.ask("SELECT id, (payload ->> 'number')::int FROM tasks"))
    assert [numbers[handle.id] for handle in handles] == list(range(2500))


def test_a_kind_that_is_unique_gives_the_task_that_lives(
    gateway: GatewayClient, database: Any
) -> None:
    first, same, other = (
        enqueue(Note(number=n, text=text)) for n, text in enumerate(("a", "a", "b"))
    )

    assert first == same != other
    assert database.ask("SELECT unique_key FROM tasks ORDER BY 1") == [("a",), ("b",)]


def test_a_refusal_names_the_field(gateway: GatewayClient, database: Any) -> None:
    with pytest.raises(RefusedByGateway) as refusal:
        enqueue(SynthesizeSpeech(text="Hello"), lane="critical")

    assert (refusal.value.status, refusal.value.field) == (403, "lane")
    assert database.count("tasks") == 0


def test_a_handle_made_of_an_id_follows_and_cancels(gateway: GatewayClient) -> None:
    known = enqueue(SynthesizeSpeech(text="Hello"), delay_seconds=3600)
    handle = TaskHandle(UUID(str(known.id)), gateway)

    assert handle.status().status == "scheduled"
    with pytest.raises(WaitTimeout, match="still scheduled"):
        handle.wait(timeout=0.2)
    assert handle.cancel().status == "cancelled"
    assert handle.cancel().status == "cancelled"
    with pytest.raises(TaskCancelled):
        handle.wait(timeout=20)


def test_another_customers_task_is_unknown(
    gateway: GatewayClient, gateway_url: str, database: Any
) -> None:
    theirs = enqueue(SynthesizeSpeech(text="Hello"))
    mine = GatewayClient(gateway_url, database.key(scopes=[Scope.TASKS_READ, Scope.TASKS_WRITE]))

    with pytest.raises(TaskUnknown):
        TaskHandle(theirs.id, mine).status()
    with pytest.raises(TaskUnknown):
        TaskHandle(new_id(), mine).cancel()
    mine.close()


def test_a_gateway_that_is_not_there_is_given_up_in_time() -> None:
    client = GatewayClient("http://127.0.0.1:1", "wk_x_y", timeout=0.5)

    with entering_by(HttpEntrance(client)), pytest.raises(GatewayUnreachable, match=r"0\.5 s"):
        enqueue(SynthesizeSpeech(text="Hello"))
    client.close()
