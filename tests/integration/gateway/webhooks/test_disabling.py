"""Endpoints that nobody answers at."""

from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest

from gateway.webhooks.chores import cancel_unwanted, forget_deliveries
from gateway.webhooks.overfull import cancel_excess, disable_overfull
from tests.integration.gateway.hands import Hands
from tests.integration.gateway.webhooks.conftest import URL, deliveries, make, submit
from warren.contracts.webhooks import Answer

pytestmark = pytest.mark.postgres
Deliver = Callable[[], str]


def ended_as(type_: str, status: int) -> dict[str, Any]:
    error = {"type": type_, "message": str(Answer(status, 0.1, "")), "field": "url"}
    return {"source": "rejected", "error": error}


GONE, GIVEN_UP = ended_as("ReceiverGone", 410), ended_as("DeliveryGivenUp", 503)


@pytest.fixture
def endpoint(customer: httpx.Client) -> str:
    return f"/api/v1/webhooks/{make(customer)['id']}"


@pytest.fixture
def deliver(customer: httpx.Client, endpoint: str, hands: Hands) -> Deliver:
    """Brings a message on its way."""

    def begin() -> str:
        hands.publish(task := submit(customer))
        hands.succeed(task)
        sent = str(deliveries(customer, task_id=task)[0]["id"])
        hands.publish(sent)
        return sent

    return begin


def alerts(hands: Hands) -> list[dict[str, Any]]:
    return hands.ask(
        "SELECT subject, message FROM alerts WHERE name = 'webhook_disabled' AND cleared_at IS NULL"
    )


def test_a_receiver_that_is_gone_is_disabled_at_once_and_an_operator_is_told(
    customer: httpx.Client, endpoint: str, hands: Hands, deliver: Deliver
) -> None:
    hands.fail(deliver(), **GONE)

    seen = customer.get(endpoint).json()
    assert (seen["enabled"], seen["disabled_because"]) == (
        False,
        "its receiver answered 410 (Gone)",
    )
    (alert,) = [a for a in alerts(hands) if a["subject"] == seen["id"]]
    # The rest of the address may hold a token
    assert "(hooks.example.com)" in alert["message"]
    assert seen["url"] not in alert["message"]
    # No dead letter: it is nothing that an operator could mend
    assert hands.ask("SELECT id FROM dead_letters") == []

    # When its owner enables it again, that is over
    customer.patch(endpoint, json={"enabled": True}).raise_for_status()
    assert [a for a in alerts(hands) if a["subject"] == seen["id"]] == []


@pytest.mark.parametrize("change", [{"url": "https://elsewhere.example.com/"}, {"enabled": True}])
def test_an_answer_from_before_a_move_or_the_last_enabling_disables_nothing(
    customer: httpx.Client,
    endpoint: str,
    hands: Hands,
    deliver: Deliver,
    change: dict[str, Any],
) -> None:
    # Given a message that was published to where it was
    early = deliver()
    if "enabled" in change:
        hands.fail(deliver(), **GONE)
    # When its owner has moved it, or enables it again, before that is answered
    customer.patch(endpoint, json=change).raise_for_status()
    hands.fail(early, **GONE)
    # Then it stays
    assert customer.get(endpoint).json()["enabled"] is True
    # But not after an answer to a later one
    hands.fail(deliver(), **GONE)
    assert customer.get(endpoint).json()["enabled"] is False


def test_a_message_that_is_given_up_disables_an_endpoint_where_none_came_through(
    customer: httpx.Client, endpoint: str, hands: Hands, deliver: Deliver
) -> None:
    hands.succeed(deliver(), {"status_code": 200, "seconds": 0.1, "answer": ""})
    assert customer.get(endpoint).json()["last_success_at"] is not None

    hands.fail(deliver(), **GIVEN_UP)

    assert customer.get(endpoint).json()["enabled"] is False


def test_an_endpoint_at_which_others_came_through_meanwhile_stays_enabled(
    customer: httpx.Client, endpoint: str, hands: Hands, deliver: Deliver
) -> None:
    bad, good = deliver(), deliver()
    hands.succeed(good, {"status_code": 200, "seconds": 0.1, "answer": ""})

    hands.fail(bad, **GIVEN_UP)

    assert customer.get(endpoint).json()["enabled"] is True


def test_a_failed_ping_disables_nothing(
    customer: httpx.Client, endpoint: str, hands: Hands
) -> None:
    sent = customer.post(f"{endpoint}/ping").json()["id"]
    hands.publish(sent)
    hands.fail(sent, **GIVEN_UP)

    assert customer.get(endpoint).json()["enabled"] is True
    assert deliveries(customer)[0]["status_code"] == 503


def test_nothing_waits_for_an_endpoint_that_is_disabled_or_deleted(
    customer: httpx.Client, endpoint: str, hands: Hands, deliver: Deliver, database: Any
) -> None:
    # Given a message that waits for an attempt when its receiver is found to be gone
    waiting, last = deliver(), deliver()
    hands.retry(waiting, delay=3600)
    hands.fail(last, **GONE)
    # When the chores come round
    with psycopg.connect(database.url) as connection:
        cancel_unwanted(connection)
    assert hands.task(waiting)["state"] == "cancelled"

    # Its owner needs no chores for that
    customer.patch(endpoint, json={"enabled": True}).raise_for_status()
    another = deliver()
    hands.retry(another, delay=3600)
    customer.delete(endpoint).raise_for_status()
    assert hands.task(another)["state"] == "cancelled"


def test_an_endpoint_for_which_too_much_waits_while_none_comes_through_is_disabled(
    customer: httpx.Client, endpoint: str, hands: Hands, deliver: Deliver, database: Any
) -> None:
    def look() -> dict[str, Any]:
        with psycopg.connect(database.url) as connection:
            disable_overfull(connection, limit=1)
        seen: dict[str, Any] = customer.get(endpoint).json()
        return seen

    # Given two messages in backoff, where one may wait
    for sent in (deliver(), deliver()):
        hands.retry(sent, delay=3600)
    # Then it has ten minutes after a success, or after it was made
    assert look()["enabled"] is True
    hands.ask("UPDATE webhook_endpoints SET enabled_at = now() - interval '11 minutes'")
    hands.ask("UPDATE webhook_endpoints SET last_success_at = now() - interval '9 minutes'")
    assert look()["enabled"] is True
    hands.ask("UPDATE webhook_endpoints SET last_success_at = now() - interval '11 minutes'")
    seen = look()
    assert (seen["enabled"], "more than 1 messages" in seen["disabled_because"]) == (False, True)
    assert seen["id"] in {alert["subject"] for alert in alerts(hands)}


def test_of_what_waits_for_urls_of_tasks_the_newest_is_cancelled_where_it_is_too_much(
    customer: httpx.Client, hands: Hands, database: Any
) -> None:
    # Given eleven messages to URLs of tasks, where ten may wait
    customer.post("/api/v1/webhooks/secret").raise_for_status()
    for _ in range(11):
        hands.publish(task := submit(customer, webhook={"url": URL}))
        hands.succeed(task)
    with psycopg.connect(database.url) as connection:
        cancel_excess(connection, limit=1)

    states = [sent["status"] for sent in deliveries(customer)]
    assert states == ["cancelled", *["pending"] * 10]


def test_the_log_is_forgotten_with_the_history(
    customer: httpx.Client, hands: Hands, deliver: Deliver, database: Any
) -> None:
    old, new = deliver(), deliver()
    hands.ask(
        "UPDATE webhook_deliveries SET created_at = now() - interval '31 days' WHERE id = %s", old
    )
    with psycopg.connect(database.url) as connection:
        forget_deliveries(connection)

    assert [sent["id"] for sent in deliveries(customer)] == [new]
