"""Which ends and events become deliveries, and what these say."""

from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from gateway.tasks.ending import end_tasks
from tests.integration.gateway.conftest import SPEECH
from tests.integration.gateway.hands import Hands
from tests.integration.gateway.webhooks.conftest import (
    URL,
    deliveries,
    delivery,
    make,
    submit,
)
from warren.contracts.endings import expired
from warren.contracts.webhooks import DeliverWebhook

pytestmark = pytest.mark.postgres
EVENT = {"type": "speech.synthesized.v1", "data": {"artifact": "a-1"}}


def ended(hands: Hands, task: str, how: str) -> None:
    """The task ends in this way."""
    if how == "expired":
        with psycopg.connect(hands.url) as connection:
            end_tasks(connection, [UUID(task)], lambda row: expired())
        return
    hands.publish(task)
    hands.succeed(task) if how == "succeeded" else hands.fail(task)


@pytest.mark.parametrize("how", ["succeeded", "failed", "cancelled", "expired"])
def test_each_way_to_end_is_told_of(customer: httpx.Client, hands: Hands, how: str) -> None:
    made = make(customer)
    task = submit(customer, metadata={"order": 7}, tags=["x"], user_id="u-1")
    if how == "cancelled":
        customer.post(f"/api/v1/tasks/{task}/cancel").raise_for_status()
    else:
        ended(hands, task, how)

    (sent,) = deliveries(customer)
    body = delivery(customer, sent["id"])["body"]

    assert (sent["endpoint_id"], sent["task_id"], sent["type"]) == (
        made["id"],
        task,
        f"task.{how}",
    )
    assert (sent["status"], sent["webhook_id"].startswith("msg_")) == ("pending", True)
    assert body["type"] == f"task.{how}"
    assert body["timestamp"].endswith("Z")
    data = body["data"]
    assert (data["task_id"], data["kind"], data["status"]) == (task, SPEECH.kind, how)
    assert (data["metadata"], data["tags"], data["user_id"]) == ({"order": 7}, ["x"], "u-1")
    assert data["urls"]["result"] == f"/api/v1/tasks/{task}/result"
    assert "payload" not in data
    if how == "failed":
        assert data["error"] == {
            "type": "Broken",
            "message": "it does not work",
            "field": None,
            "traceback": None,
        }


def test_a_job_carries_secrets_only_sealed_and_falls_under_a_limit(
    customer: httpx.Client, hands: Hands
) -> None:
    made = make(customer)
    ended(hands, submit(customer), "succeeded")

    (sent,) = deliveries(customer)
    row = hands.task(sent["id"])

    job = DeliverWebhook.model_validate(row["payload"])
    assert (job.url, job.host, str(job.secret_of)) == (URL, "hooks.example.com", made["id"])
    assert made["secret"] not in str(row)
    assert (row["queue"], row["max_attempts"]) == ("sync.low", 10)
    assert "webhook.deliver:" in row["limit_key"]
    # Nor does its owner see even the sealed form
    assert "sealed.v1" not in customer.get(f"/api/v1/tasks/{sent['id']}").text


def test_only_what_is_wanted_is_delivered_and_nothing_of_other_customers(
    customer: httpx.Client, stranger: httpx.Client, hands: Hands
) -> None:
    make(customer, events=["task.failed"])
    make(stranger, events=["*"])

    for how in ("succeeded", "failed"):
        ended(hands, submit(customer), how)

    assert [sent["type"] for sent in deliveries(customer)] == ["task.failed"]
    assert deliveries(stranger) == []


def test_a_disabled_endpoint_is_told_nothing(customer: httpx.Client, hands: Hands) -> None:
    made = make(customer)
    customer.patch(f"/api/v1/webhooks/{made['id']}", json={"enabled": False}).raise_for_status()

    ended(hands, submit(customer), "succeeded")

    assert deliveries(customer) == []


def test_an_end_that_is_recorded_again_makes_no_second_delivery(
    customer: httpx.Client, hands: Hands
) -> None:
    make(customer)
    task = submit(customer)
    hands.publish(task)
    hands.succeed(task, again=3)

    assert len(deliveries(customer)) == 1
    assert len(hands.ask("SELECT id FROM tasks WHERE kind = 'webhook.deliver'")) == 1


def test_the_next_generation_of_a_task_is_told_of_again(
    customer: httpx.Client, hands: Hands
) -> None:
    make(customer)
    task = submit(customer)
    ended(hands, task, "failed")
    customer.post(f"/api/v1/tasks/{task}/retry").raise_for_status()
    ended(hands, task, "failed")

    first, second = deliveries(customer, task_id=task)

    assert first["webhook_id"] != second["webhook_id"]
    assert delivery(customer, first["id"])["body"]["data"]["generation"] == 2


def test_deliveries_and_what_jobs_ask_for_are_told_to_nobody(
    customer: httpx.Client, hands: Hands
) -> None:
    # Given a customer who wants to hear of everything
    make(customer, events=["*"])
    task = submit(customer)
    child = submit(customer)
    hands.ask("UPDATE tasks SET parent_id = %s WHERE id = %s", task, child)

    ended(hands, child, "succeeded")
    assert deliveries(customer) == []
    ended(hands, task, "succeeded")
    (sent,) = deliveries(customer)
    ended(hands, sent["id"], "succeeded")

    assert len(deliveries(customer)) == 1


def test_an_event_is_told_of_with_its_data(customer: httpx.Client, hands: Hands) -> None:
    make(customer, events=["speech.*"])
    task = submit(customer)
    hands.publish(task)
    hands.succeed(task, events=[EVENT, {"type": "book.processed.v1", "data": {}}])

    (sent,) = deliveries(customer)
    body = delivery(customer, sent["id"])["body"]

    assert (sent["type"], sent["task_id"]) == (EVENT["type"], task)
    assert (body["type"], body["data"]) == (EVENT["type"], EVENT["data"])


def test_a_message_that_would_be_too_large_says_where_to_look(
    customer: httpx.Client, hands: Hands
) -> None:
    make(customer, events=["speech.*"])
    task = submit(customer)
    hands.publish(task)
    hands.succeed(task, events=[{**EVENT, "data": {"text": "x" * 62_000}}])

    (sent,) = deliveries(customer)
    data = delivery(customer, sent["id"])["body"]["data"]

    assert data["task_id"] == task
    assert "more than 61440" in data["left_out"]


def test_a_batch_is_told_of_when_it_has_finished(customer: httpx.Client, hands: Hands) -> None:
    make(customer, events=["batch.finished"])
    item = {"kind": SPEECH.kind, "payload": {"text": "Hello."}}
    answer = customer.post("/api/v1/batches", json={"items": [item, item]}).json()
    first, second = hands.publish_due()

    hands.succeed(first)
    assert deliveries(customer) == []
    hands.fail(second)

    (sent,) = deliveries(customer)
    data = delivery(customer, sent["id"])["body"]["data"]
    assert sent["type"] == "batch.finished"
    assert (data["task_id"], data["status"]) == (answer["task_id"], "failed")


@pytest.mark.parametrize("path", ["/api/v1/batches", "/api/v1/tasks/batch"])
def test_the_url_of_a_batch_is_told_of_its_end_alone(
    customer: httpx.Client, hands: Hands, path: str
) -> None:
    body = {
        "items": [{"kind": SPEECH.kind, "payload": {"text": "Hello."}}] * 2,
        "webhook": {"url": URL},
    }
    assert customer.post(path, json=body).json()["errors"][0]["field"] == "webhook"
    customer.post("/api/v1/webhooks/secret").raise_for_status()
    bad = customer.post(path, json=body | {"webhook": {"url": "http://10.0.0.1/"}})
    assert bad.json()["errors"][0]["field"] == "webhook.url"

    answer = customer.post(path, json=body)
    batch = answer.json().get("batch_id") or answer.json()["task_id"]
    hands.run_all()

    assert [(sent["type"], sent["task_id"]) for sent in deliveries(customer)] == [
        ("batch.finished", batch)
    ]
    assert customer.get(f"/api/v1/tasks/{batch}").json()["webhook"]["url"] == URL


def test_a_webhook_where_it_would_tell_nobody_is_refused(customer: httpx.Client) -> None:
    item = {"kind": SPEECH.kind, "payload": {"text": "Hello."}}
    webhook = {"webhook": {"url": URL}}

    loose = customer.post("/api/v1/tasks/batch?batch=false", json={"items": [item], **webhook})
    after = customer.post(
        "/api/v1/batches", json={"items": [item], "on_complete": {**item, **webhook}}
    )

    assert loose.json()["errors"][0]["field"] == "webhook"
    assert after.json()["errors"][0]["field"] == "on_complete.webhook"


class TestTheUrlOfASingleTask:
    """`webhook` in what is submitted."""

    def test_needs_a_secret_first(self, customer: httpx.Client) -> None:
        body = {"kind": SPEECH.kind, "payload": {"text": "Hello."}, "webhook": {"url": URL}}

        answer = customer.post("/api/v1/tasks", json=body)

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "webhook"
        assert "POST /api/v1/webhooks/secret" in answer.json()["detail"]

    def test_is_told_of_that_task_alone(self, customer: httpx.Client, hands: Hands) -> None:
        secret = customer.post("/api/v1/webhooks/secret").json()["secret"]
        task = submit(customer, webhook={"url": URL, "events": ["task.*", "speech.*"]})
        other = submit(customer)
        for one in (task, other):
            hands.publish(one)
            hands.succeed(one, events=[EVENT])

        found = deliveries(customer)

        assert {sent["type"] for sent in found} == {"task.succeeded", EVENT["type"]}
        assert {(sent["task_id"], sent["endpoint_id"]) for sent in found} == {(task, None)}
        payload = hands.task(found[0]["id"])["payload"]
        assert payload["secret_of"] == str(hands.task(task)["customer_id"])
        assert secret not in str(payload)

    def test_may_stand_in_an_item_of_a_batch_and_is_checked_there(
        self, customer: httpx.Client, hands: Hands
    ) -> None:
        customer.post("/api/v1/webhooks/secret").raise_for_status()
        item: dict[str, Any] = {"kind": SPEECH.kind, "payload": {"text": "Hello."}}
        good = {**item, "webhook": {"url": URL, "events": ["task.succeeded"]}}
        bad = {**item, "webhook": {"url": "http://10.0.0.1/"}}

        refused = customer.post("/api/v1/tasks/batch", json={"items": [good, bad]})
        assert refused.json()["errors"][0]["field"] == "items[1].webhook.url"
        customer.post("/api/v1/tasks/batch", json={"items": [good, item]}).raise_for_status()
        hands.run_all()

        assert [sent["type"] for sent in deliveries(customer)] == ["task.succeeded"]
