"""Webhooks from a submission to a receiver on this machine, while processes are killed."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.e2e.stacks import started_stack
from tests.webhook_receiver import Received, WebhookReceiver, webhook_receiver
from warren.stack.plan import StackPlan, WorkerPlan
from warren.stack.stack import Stack
from warren.testing.deadline import eventually

pytestmark = [
    pytest.mark.rabbitmq,
    pytest.mark.postgres,
    pytest.mark.slow,
    pytest.mark.xdist_group("webhooks"),
]
WEBHOOKS = "/api/v1/webhooks"
#: With four messages each they would take all 32 places of a worker.
_DEAD = 9
#: Messages that may be on their way to receivers which were never called.
_MOST_NEW = 12


@pytest.fixture(scope="module")
def receivers() -> Iterator[list[WebhookReceiver]]:
    """The first is that of most tests; the others are there to be dead."""
    with ExitStack() as stack:
        yield [stack.enter_context(webhook_receiver()) for _ in range(1 + _DEAD)]


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, receivers: list[WebhookReceiver]
) -> Iterator[Stack]:
    """The system with nothing but the sync-worker; its schedule is one of seconds."""
    root: Path = tmp_path_factory.mktemp("stack")
    environment = {
        "SYNC_WEBHOOK_RETRY_DELAYS": "0.3 0.3 0.6 0.6 1 1 2 2 2",
        "SYNC_WEBHOOK_SECONDS": "20",
        "WARREN_WEBHOOK_NETWORKS": "127.0.0.0/8",
        "WARREN_WEBHOOK_PORTS": " ".join(str(receiver.port) for receiver in receivers),
    }
    plan = StackPlan(workers=[WorkerPlan("sync-worker", concurrency=2)], environment=environment)
    with started_stack(root, plan) as stack:
        yield stack


@pytest.fixture
def http(stack: Stack) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {stack.descriptor.api_key}"}
    with httpx.Client(
        base_url=stack.descriptor.gateway_url, headers=headers, timeout=30, trust_env=False
    ) as http:
        yield http
        for endpoint in http.get(WEBHOOKS).json()["items"]:
            http.delete(f"{WEBHOOKS}/{endpoint['id']}").raise_for_status()


@pytest.fixture
def receiver(receivers: list[WebhookReceiver]) -> Iterator[WebhookReceiver]:
    receiver = receivers[0]
    receiver.received.clear()
    yield receiver
    receiver.answer = lambda message: 200


def endpoint(http: httpx.Client, receiver: WebhookReceiver, **more: Any) -> dict[str, Any]:
    """A new endpoint, with its secret."""
    body = {"url": receiver.url, "events": ["task.succeeded"], **more}
    answer = http.post(WEBHOOKS, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def hand_over(http: httpx.Client, text: str = "We open at nine.") -> str:
    """A task that succeeds: the reference chatbot is told of a document."""
    body = {"text": text, "source": "webhooks"}
    answer = http.post("/api/v1/documents/upload-text", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["task_id"])


def about(receiver: WebhookReceiver, task: str) -> list[Received]:
    """The messages about a task, in the order in which they came."""
    return [m for m in list(receiver.received) if task in m.body.decode()]


def test_a_receiver_is_told_of_ends_and_events_by_messages_it_can_verify(
    http: httpx.Client, receiver: WebhookReceiver
) -> None:
    made = endpoint(http, receiver, events=["task.succeeded", "document.synced.v1"])
    task = hand_over(http)

    (end,) = eventually(lambda: receiver.of_type("task.succeeded"))
    (event,) = eventually(lambda: receiver.of_type("document.synced.v1"))

    told = end.verified(made["secret"])
    assert (told["data"]["task_id"], told["data"]["status"]) == (task, "succeeded")
    assert event.verified(made["secret"])["data"]["version"] >= 1
    # And the log says so
    answer = http.get(f"{WEBHOOKS}/{made['id']}/deliveries").json()
    assert {sent["type"] for sent in answer["items"]} == {"task.succeeded", "document.synced.v1"}
    eventually(
        lambda: all(
            sent["status"] == "succeeded"
            for sent in http.get(f"{WEBHOOKS}/{made['id']}/deliveries").json()["items"]
        )
    )


def test_a_receiver_that_was_down_for_a_while_gets_it_with_one_id(
    http: httpx.Client, receiver: WebhookReceiver
) -> None:
    made = endpoint(http, receiver)
    receiver.answer = lambda message: 503 if len(receiver.received) <= 3 else 200

    task = hand_over(http)
    eventually(lambda: len(about(receiver, task)) == 4, within=60)

    messages = about(receiver, task)
    assert len({message.id for message in messages}) == 1
    assert len({message.body for message in messages}) == 1
    messages[-1].verified(made["secret"])
    (sent,) = http.get(f"{WEBHOOKS}/{made['id']}/deliveries").json()["items"]
    seen = eventually(lambda: _delivered(http, sent["id"]))
    codes = [attempt["status_code"] for attempt in seen["attempts"]]
    assert codes == [503, 503, 503, 200]


def test_a_worker_that_is_killed_while_it_posts_delivers_it_again_with_the_same_id(
    http: httpx.Client, stack: Stack, receiver: WebhookReceiver
) -> None:
    # Given a receiver that is slow to answer
    made = endpoint(http, receiver)

    def killed_at_first(message: Received) -> int:
        if len(about(receiver, task)) == 1:
            stack.kill("sync-worker")
        return 200

    task = "none yet"
    receiver.answer = killed_at_first
    task = hand_over(http)

    # Then the message comes again, and is recorded as delivered
    (sent,) = eventually(
        lambda: http.get(f"{WEBHOOKS}/{made['id']}/deliveries").json()["items"], within=60
    )
    eventually(lambda: _delivered(http, sent["id"]), within=90)
    assert {message.id for message in about(receiver, task)} == {sent["webhook_id"]}


def test_a_recorder_that_is_killed_makes_one_delivery_of_each_end(
    http: httpx.Client, stack: Stack, receiver: WebhookReceiver
) -> None:
    made = endpoint(http, receiver)
    tasks = []
    for number in range(30):
        tasks.append(hand_over(http, f"Text number {number}."))
        if number % 10 == 9:
            stack.kill("recorder")

    eventually(lambda: all(about(receiver, task) for task in tasks), within=90)
    with psycopg.connect(stack.descriptor.database_url) as connection:
        rows = connection.execute(
            "SELECT task_id, count(*) FROM webhook_deliveries WHERE endpoint_id = %s GROUP BY 1",
            [made["id"]],
        ).fetchall()
    assert sorted((str(task), count) for task, count in rows) == sorted((task, 1) for task in tasks)


def test_dead_receivers_delay_neither_a_neighbours_delivery_nor_other_jobs(
    http: httpx.Client, receivers: list[WebhookReceiver], receiver: WebhookReceiver
) -> None:
    # Given a receiver that answers, and many that never do, to which a lot is to be delivered
    good = endpoint(http, receiver, events=["task.failed"])
    ping = http.post(f"{WEBHOOKS}/{good['id']}/ping").json()
    eventually(lambda: _delivered(http, ping["id"]))
    dead, released = receivers[1:], threading.Event()
    for each in dead:
        each.answer = lambda message: 200 if released.wait(19) else 503
    silent = [endpoint(http, each)["id"] for each in dead]
    for number in range(4):
        hand_over(http, f"Nobody hears of number {number}.")
    eventually(lambda: sum(len(each.received) for each in dead) >= _MOST_NEW // 3, within=30)

    # When the good one is to be told, its message comes at once, and so does what other jobs do
    http.patch(f"{WEBHOOKS}/{good['id']}", json={"events": ["*"]}).raise_for_status()
    task = hand_over(http)
    eventually(lambda: about(receiver, task), within=10)

    # Few of those to the dead ones are on their way at a time, however many there are of them
    assert sum(len(each.received) for each in dead) <= _MOST_NEW
    for id_ in silent:
        http.delete(f"{WEBHOOKS}/{id_}").raise_for_status()
    released.set()
    about(receiver, task)[0].verified(good["secret"])


def test_who_is_gone_is_disabled_and_hears_nothing_more(
    http: httpx.Client, receiver: WebhookReceiver
) -> None:
    made = endpoint(http, receiver)
    receiver.answer = lambda message: 410
    hand_over(http)
    eventually(lambda: not http.get(f"{WEBHOOKS}/{made['id']}").json()["enabled"])

    alerts = http.get("/api/v1/alerts").json()["items"]
    assert made["id"] in [alert["subject"] for alert in alerts]
    # But a ping reaches it, and tells its owner when it is there again
    receiver.answer = lambda message: 200
    ping = http.post(f"{WEBHOOKS}/{made['id']}/ping").json()
    eventually(lambda: _delivered(http, ping["id"]))
    (pinged,) = receiver.of_type("webhook.ping")
    assert json.loads(pinged.body)["data"] == {"endpoint_id": made["id"]}


def _delivered(http: httpx.Client, delivery: str) -> dict[str, Any] | None:
    seen: dict[str, Any] = http.get(f"{WEBHOOKS}/deliveries/{delivery}").json()
    return seen if seen["status"] == "succeeded" else None
