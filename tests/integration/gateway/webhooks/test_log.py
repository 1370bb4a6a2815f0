"""The log of deliveries, pings, sending again, and secrets that change meanwhile."""

from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from gateway.tasks.generations import start_generation
from gateway.webhooks import secret_routes, sending
from gateway.webhooks.hosts import settle_hosts
from gateway.webhooks.live import refresh_stale
from tests.integration.gateway.hands import Hands
from tests.integration.gateway.webhooks.conftest import (
    URL,
    deliveries,
    delivery,
    make,
    place_of,
    submit,
)
from warren.contracts.webhooks import Answer
from warren.sealing import Sealer, SealingSettings
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres
BUSY = {"type": "ReceiverFailed", "message": str(Answer(503, 0.12, "try later"))}
OK = {"status_code": 200, "seconds": 0.05, "answer": "ok"}


@pytest.fixture
def endpoint(customer: httpx.Client) -> dict[str, Any]:
    return make(customer)


@pytest.fixture
def sent(customer: httpx.Client, endpoint: dict[str, Any], hands: Hands) -> str:
    """A delivery that is due."""
    hands.publish(task := submit(customer))
    hands.succeed(task)
    return str(deliveries(customer)[0]["id"])


def secrets_of(hands: Hands, delivery_id: str) -> list[str]:
    """What the message is signed by."""
    payload = hands.task(delivery_id)["payload"]
    context = f"webhook:{payload['secret_of']}"
    return [
        Sealer.of(SealingSettings()).open(secret["sealed"], context)
        for secret in payload["secrets"]
    ]


def test_every_attempt_is_on_record(customer: httpx.Client, hands: Hands, sent: str) -> None:
    hands.publish(sent)
    hands.retry(sent, delay=0, error=BUSY)
    waiting = delivery(customer, sent)
    hands.publish(sent)
    hands.succeed(sent, OK)
    done = delivery(customer, sent)

    assert (waiting["status"], waiting["status_code"]) == ("retrying", 503)
    assert waiting["next_attempt_at"] is not None
    assert (done["status"], done["status_code"], done["answer"]) == ("succeeded", 200, "ok")
    assert [(one["delivered"], one["status_code"], one["answer"]) for one in done["attempts"]] == [
        (False, 503, "try later"),
        (True, 200, "ok"),
    ]


def test_the_log_comes_in_pages(
    customer: httpx.Client, endpoint: dict[str, Any], hands: Hands
) -> None:
    for _ in range(3):
        submit(customer)
    hands.run_all()
    here = f"/api/v1/webhooks/{endpoint['id']}/deliveries"

    first = customer.get(here, params={"limit": 2}).json()
    rest = customer.get(here, params={"limit": 2, "cursor": first["next_cursor"]}).json()

    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)
    assert len({item["id"] for item in first["items"] + rest["items"]}) == 3
    assert customer.get(here, params={"cursor": "-1"}).status_code == 400


def test_a_message_is_sent_again_with_its_id_to_where_the_endpoint_is_now(
    customer: httpx.Client, endpoint: dict[str, Any], hands: Hands, sent: str
) -> None:
    hands.publish(sent)
    hands.succeed(sent, OK)
    here = f"/api/v1/webhooks/{endpoint['id']}"
    moved = "https://elsewhere.example.com/"
    customer.patch(here, json={"url": moved}).raise_for_status()

    key = {"Idempotency-Key": "again"}
    answers = [
        customer.post(f"{here}/deliveries/{sent}/resend", headers=key).json() for _ in range(2)
    ]

    assert answers[0]["id"] == answers[1]["id"] != sent
    first, again = delivery(customer, sent), delivery(customer, answers[0]["id"])
    assert (again["webhook_id"], again["body"]) == (first["webhook_id"], first["body"])
    assert hands.task(again["id"])["payload"]["url"] == moved
    assert len(deliveries(customer)) == 2


def test_what_cannot_be_sent_again_says_why(
    customer: httpx.Client, endpoint: dict[str, Any], hands: Hands, sent: str
) -> None:
    here = f"/api/v1/webhooks/{endpoint['id']}"
    resend = f"/api/v1/webhooks/deliveries/{sent}/resend"
    customer.patch(here, json={"enabled": False}).raise_for_status()
    assert customer.post(resend).json()["type"] == "urn:warren:problem:webhook-disabled"

    customer.patch(here, json={"enabled": True}).raise_for_status()
    hands.ask("UPDATE tasks SET payload = '{}' WHERE id = %s", sent)
    assert customer.post(resend).json()["type"] == "urn:warren:problem:nothing-to-resend"

    customer.delete(here).raise_for_status()
    assert customer.post(resend).status_code == 404


def test_a_delivery_is_no_task_to_be_started_again_with_its_address_and_secrets_of_then(
    customer: httpx.Client, hands: Hands, sent: str
) -> None:
    hands.publish(sent)
    hands.fail(sent)

    answer = customer.post(f"/api/v1/tasks/{sent}/retry")
    # As a bulk action does it, and a replay
    with psycopg.connect(hands.url) as connection:
        started = start_generation(connection, [UUID(sent)], "service:test")

    assert (answer.status_code, started) == (409, {})
    assert answer.json()["type"] == "urn:warren:problem:task-not-retryable"
    assert f"/deliveries/{sent}/resend" in answer.json()["detail"]
    assert hands.task(sent)["state"] == "failed"


def test_a_delivery_that_is_deleted_leaves_no_trace_in_the_log(
    customer: httpx.Client, hands: Hands, sent: str
) -> None:
    hands.publish(sent)
    hands.succeed(sent, OK)

    customer.delete(f"/api/v1/tasks/{sent}").raise_for_status()

    assert customer.get(f"/api/v1/webhooks/deliveries/{sent}").status_code == 404
    assert hands.ask("SELECT id FROM webhook_deliveries WHERE id = %s", sent) == []


def test_with_a_task_the_messages_about_it_go(
    customer: httpx.Client, hands: Hands, endpoint: dict[str, Any]
) -> None:
    # Given a task of which one message is delivered, one waits, and one is in a worker's hands
    for _ in range(2):
        make(customer)
    hands.publish(task := submit(customer, metadata={"patient": "Nguyen"}))
    hands.succeed(task)
    done, waiting, running = [str(one["id"]) for one in deliveries(customer, task_id=task)]
    for sent in (done, waiting, running):
        hands.publish(sent)
    hands.succeed(done, OK)
    hands.retry(waiting, delay=3600, error=BUSY)

    customer.delete(f"/api/v1/tasks/{task}").raise_for_status()

    # Then nothing says any more what became of it
    assert hands.ask("SELECT id FROM tasks WHERE payload::text LIKE '%%Nguyen%%'") == []
    assert [row["id"] for row in hands.ask("SELECT id FROM tasks")] == [UUID(running)]
    assert hands.task(running)["state"] == "cancelling"
    assert hands.ask("SELECT 1 FROM outbox") == []


def test_a_ping_is_one_attempt_also_while_the_endpoint_is_disabled(
    customer: httpx.Client, endpoint: dict[str, Any], hands: Hands
) -> None:
    here = f"/api/v1/webhooks/{endpoint['id']}"
    customer.patch(here, json={"enabled": False, "events": ["task.failed"]}).raise_for_status()

    answer = customer.post(f"{here}/ping")

    assert (answer.status_code, answer.json()["type"]) == (202, "webhook.ping")
    job = hands.task(answer.json()["id"])["payload"]
    assert (job["url"], job["attempts"]) == (URL, 1)
    assert job["body"]["data"] == {"endpoint_id": endpoint["id"]}


def test_who_has_no_room_sends_no_ping_and_nothing_again(
    customer: httpx.Client,
    endpoint: dict[str, Any],
    hands: Hands,
    sent: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asks = [f"/{endpoint['id']}/ping", f"/deliveries/{sent}/resend"]

    def refused() -> bool:
        answers = [customer.post(f"/api/v1/webhooks{ask}") for ask in asks]
        kinds = {answer.json()["type"] for answer in answers}
        return kinds == {"urn:warren:problem:too-many-waiting"}

    # Given as many messages waiting as may be, whomever they wait for
    with monkeypatch.context() as patch:
        patch.setattr(sending, "MOST_WAITING", 1)
        assert refused()
    assert len(deliveries(customer)) == 1
    # Or as many tasks
    hands.ask("UPDATE customers SET waiting_limit = 1")
    submit(customer)
    eventually(refused)


def test_after_a_rotation_both_secrets_sign_also_what_waits_for_another_attempt(
    customer: httpx.Client, endpoint: dict[str, Any], hands: Hands, sent: str
) -> None:
    hands.publish(sent)
    hands.retry(sent, delay=3600, error=BUSY)
    here = f"/api/v1/webhooks/{endpoint['id']}/rotate-secret"

    new = customer.post(here).json()

    assert new["secret"] != endpoint["secret"]
    assert new["previous_valid_until"] is not None
    assert secrets_of(hands, sent) == [new["secret"], endpoint["secret"]]
    # Without an overlap the old one signs nothing any more
    newest = customer.post(here, json={"overlap_seconds": 0}).json()
    assert secrets_of(hands, sent) == [newest["secret"]]
    hands.publish(task := submit(customer))
    hands.succeed(task)
    assert secrets_of(hands, deliveries(customer, task_id=task)[0]["id"]) == [newest["secret"]]


def test_a_rotation_that_cannot_be_finished_shows_its_secret_and_is_finished_later(
    customer: httpx.Client,
    endpoint: dict[str, Any],
    hands: Hands,
    sent: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hands.publish(sent)
    hands.retry(sent, delay=3600, error=BUSY)
    # Given a database that goes away when the secret is committed
    with monkeypatch.context() as patch:
        patch.setattr(secret_routes, "refresh_live", _away)
        answer = customer.post(f"/api/v1/webhooks/{endpoint['id']}/rotate-secret")
    assert answer.status_code == 200
    assert secrets_of(hands, sent) == [endpoint["secret"]]
    # When the chores come round
    with psycopg.connect(hands.url) as connection:
        assert refresh_stale(connection)
        assert not refresh_stale(connection)
    # Then both sign what waits
    assert secrets_of(hands, sent) == [answer.json()["secret"], endpoint["secret"]]


def _away(*_: Any) -> None:
    raise psycopg.OperationalError("the connection is lost")


def test_what_waits_for_another_attempt_goes_to_where_the_endpoint_has_moved(
    customer: httpx.Client, endpoint: dict[str, Any], hands: Hands, sent: str
) -> None:
    hands.publish(sent)
    hands.retry(sent, delay=3600, error=BUSY)
    with psycopg.connect(hands.url, autocommit=True) as connection:
        settle_hosts(connection)
    assert place_of(hands, sent) == "hooks.example.com"
    other = make(customer, events=["batch.finished"])

    for moved in (other, endpoint):
        url = f"https://{moved['id']}.example.com/"
        customer.patch(f"/api/v1/webhooks/{moved['id']}", json={"url": url}).raise_for_status()

    payload = hands.task(sent)["payload"]
    host = f"{endpoint['id']}.example.com"
    assert (payload["url"], payload["host"]) == (f"https://{host}/", host)
    # Under the limit of where it goes now, of which nothing is known
    assert place_of(hands, sent) == "new"


def test_a_rotation_takes_an_overlap_of_a_week_at_most(
    customer: httpx.Client, endpoint: dict[str, Any]
) -> None:
    here = f"/api/v1/webhooks/{endpoint['id']}/rotate-secret"

    for overlap in (-1, 604_801, "1"):
        answer = customer.post(here, json={"overlap_seconds": overlap})
        assert answer.json()["errors"][0]["field"] == "overlap_seconds"
