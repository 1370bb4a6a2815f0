"""Making, changing and deleting endpoints."""

from typing import Any

import httpx
import pytest

from tests.integration.gateway.hands import Hands
from tests.integration.gateway.webhooks.conftest import URL, deliveries, make, submit
from warren.contracts.ids import new_id

pytestmark = pytest.mark.postgres
WEBHOOKS = "/api/v1/webhooks"


def test_the_secret_of_an_endpoint_is_shown_once_and_stored_sealed_only(
    customer: httpx.Client, database: Any
) -> None:
    made = make(customer, events=["task.failed"], description="pager")

    assert made["secret"].startswith("whsec_")
    seen = customer.get(f"{WEBHOOKS}/{made['id']}").json()
    listed = customer.get(WEBHOOKS).json()["items"]
    assert listed == [seen]
    assert "secret" not in seen
    assert (seen["url"], seen["events"], seen["description"], seen["enabled"]) == (
        URL,
        ["task.failed"],
        "pager",
        True,
    )
    ((stored,),) = database.ask(
        "SELECT sealed FROM webhook_secrets WHERE owner_id = %s", made["id"]
    )
    assert stored.startswith("sealed.v1.")


def test_an_answer_with_a_secret_is_not_kept_for_its_key(
    customer: httpx.Client, database: Any
) -> None:
    headers = {"Idempotency-Key": "make-it-once"}
    answer = customer.post(WEBHOOKS, json={"url": URL}, headers=headers)

    assert answer.headers["cache-control"] == "no-store"
    assert database.count("idempotency_keys") == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"),
        ({"url": "ftp://hooks.example.com"}, "url"),
        ({"url": "https://user:word@hooks.example.com"}, "url"),
        ({"url": "https://hooks.example.com:22"}, "url"),
        ({"url": "https://hooks.example.com/a\r\nX-Injected: yes"}, "url"),
        ({"url": "https://hooks.example.com/a b"}, "url"),
        ({"url": "http://127.0.0.1/"}, "url"),
        ({"url": "http://2130706433/"}, "url"),
        ({"url": "http://[::ffff:10.0.0.1]/"}, "url"),
        ({"url": "http://169.254.169.254/latest/meta-data"}, "url"),
        ({"url": "http://localhost/"}, "url"),
        ({"url": "http://metadata.internal/"}, "url"),
        ({"url": "https://hooks.example.com/" + "a" * 2048}, "url"),
        ({"url": 5}, "url"),
        ({"url": URL, "events": []}, "events"),
        ({"url": URL, "events": ["task.started"]}, "events[0]"),
        ({"url": URL, "secret": "whsec_mine"}, "secret"),
    ],
)
def test_what_is_no_endpoint_is_refused_by_field(
    customer: httpx.Client, database: Any, body: dict[str, Any], field: str
) -> None:
    answer = customer.post(WEBHOOKS, json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert customer.get(WEBHOOKS).json()["items"] == []


def test_an_endpoint_is_changed_in_part_and_deleted(customer: httpx.Client) -> None:
    made = make(customer, description="old")
    here = f"{WEBHOOKS}/{made['id']}"

    changed = customer.patch(here, json={"events": ["*"]}).json()
    assert (changed["url"], changed["events"], changed["description"]) == (URL, ["*"], "old")
    off = customer.patch(here, json={"enabled": False}).json()
    assert (off["enabled"], off["disabled_because"]) == (False, "you have disabled it")
    assert customer.patch(here, json={"enabled": True}).json()["disabled_at"] is None

    assert customer.delete(here).status_code == 204
    assert customer.get(here).status_code == 404


def test_of_another_customers_webhooks_nothing_is_there(
    customer: httpx.Client, stranger: httpx.Client, hands: Hands
) -> None:
    # Given an endpoint of somebody, to which something is delivered
    made = make(customer)
    hands.publish(task := submit(customer))
    hands.succeed(task)
    (sent,) = deliveries(customer)
    here = f"{WEBHOOKS}/{made['id']}"
    log = f"{WEBHOOKS}/deliveries/{sent['id']}"

    # Then for others there is none of it
    assert stranger.get(WEBHOOKS).json()["items"] == []
    assert deliveries(stranger) == deliveries(stranger, task_id=task) == []
    answers = [
        stranger.get(here),
        stranger.patch(here, json={"enabled": False}),
        stranger.delete(here),
        stranger.post(f"{here}/ping"),
        stranger.post(f"{here}/rotate-secret"),
        stranger.get(f"{here}/deliveries"),
        stranger.get(log),
        stranger.post(f"{log}/resend"),
        stranger.post(f"{here}/deliveries/{sent['id']}/resend"),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert customer.get(here).json()["enabled"] is True
    # As for anybody who names what does not exist
    assert customer.get(f"{WEBHOOKS}/{new_id()}").status_code == 404


def test_there_are_twenty_endpoints_at_most_and_they_come_in_pages(customer: httpx.Client) -> None:
    made = [make(customer)["id"] for _ in range(20)]

    assert customer.post(WEBHOOKS, json={"url": URL}).status_code == 409
    first = customer.get(WEBHOOKS, params={"limit": 15}).json()
    rest = customer.get(WEBHOOKS, params={"limit": 15, "cursor": first["next_cursor"]}).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == made
    assert rest["next_cursor"] is None
    assert customer.get(WEBHOOKS, params={"cursor": "x"}).status_code == 400


def test_without_a_key_to_seal_with_no_secret_is_made(
    customer: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WARREN_SEALING_KEYS")

    answer = customer.post(WEBHOOKS, json={"url": URL})

    assert answer.status_code == 503
    assert customer.get(WEBHOOKS).json()["items"] == []
