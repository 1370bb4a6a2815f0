"""Requests about webhooks that meet a recorder, or each other, at the same moment."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from gateway.recording.loading import lock_tasks
from gateway.tasks.ending import end_tasks
from gateway.webhooks.endpoints import MOST
from gateway.webhooks.secrets import share_secrets
from tests.integration.gateway.hands import Hands
from tests.integration.gateway.webhooks.conftest import URL, deliveries, make, submit
from warren.contracts.endings import cancelled
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres
WEBHOOKS = "/api/v1/webhooks"
ELSEWHERE = "https://elsewhere.example.com/warren"
_BLOCKED = """
SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest.fixture
def recorder(database: Any) -> Iterator[psycopg.Connection]:
    """In a transaction; it waits for locks, but not until the database looks for deadlocks."""
    with psycopg.connect(database.url) as connection:
        connection.execute("SET lock_timeout = '500ms'")
        yield connection


@pytest.fixture
def at_once() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(10) as threads:
        yield threads


def _until_blocked(hands: Hands, request: "Future[httpx.Response]") -> None:
    eventually(lambda: request.done() or hands.ask(_BLOCKED), within=10)


@pytest.mark.parametrize("of_a_task", [False, True], ids=["an endpoint's", "a task's"])
def test_a_secret_that_changes_as_a_delivery_is_recorded_signs_it(
    customer: httpx.Client,
    hands: Hands,
    recorder: psycopg.Connection,
    at_once: ThreadPoolExecutor,
    of_a_task: bool,
) -> None:
    # Given a recorder that has written the end of a task with its delivery, and not committed
    if of_a_task:
        rotation = f"{WEBHOOKS}/secret"
        assert customer.post(rotation).status_code == 200
        task = submit(customer, webhook={"url": URL})
    else:
        rotation = f"{WEBHOOKS}/{make(customer)['id']}/rotate-secret"
        task = submit(customer)
    end_tasks(recorder, [UUID(task)], lambda _: cancelled("somebody"))
    # When the secret is changed at that moment
    request = at_once.submit(customer.post, rotation)
    _until_blocked(hands, request)
    recorder.commit()
    # Then the delivery carries both, also the new one
    assert request.result(10).status_code == 200
    (sent,) = deliveries(customer)
    assert len(hands.task(sent["id"])["payload"]["secrets"]) == 2


def test_an_endpoint_that_moves_as_a_delivery_is_recorded_is_sent_it_where_it_is_then(
    customer: httpx.Client,
    hands: Hands,
    recorder: psycopg.Connection,
    at_once: ThreadPoolExecutor,
) -> None:
    here = f"{WEBHOOKS}/{make(customer)['id']}"
    end_tasks(recorder, [UUID(submit(customer))], lambda _: cancelled("somebody"))

    request = at_once.submit(customer.patch, here, json={"url": ELSEWHERE})
    _until_blocked(hands, request)
    recorder.commit()

    assert request.result(10).json()["url"] == ELSEWHERE
    (sent,) = deliveries(customer)
    payload = hands.task(sent["id"])["payload"]
    assert (payload["url"], payload["host"]) == (ELSEWHERE, "elsewhere.example.com")


@pytest.mark.parametrize(
    "ask",
    [
        lambda customer, here: customer.patch(here, json={"url": ELSEWHERE}),
        lambda customer, here: customer.post(f"{here}/rotate-secret"),
    ],
    ids=["a new address", "a new secret"],
)
def test_a_recorder_never_waits_for_a_request_that_waits_for_it(
    customer: httpx.Client,
    hands: Hands,
    recorder: psycopg.Connection,
    at_once: ThreadPoolExecutor,
    ask: Callable[[httpx.Client, str], httpx.Response],
) -> None:
    # Given a delivery whose end a recorder is about to write
    made = make(customer)["id"]
    here = f"{WEBHOOKS}/{made}"
    hands.publish(task := submit(customer))
    hands.succeed(task)
    (sent,) = deliveries(customer)
    lock_tasks(recorder, [UUID(sent["id"])])
    # When a request about its endpoint waits for that
    request = at_once.submit(ask, customer, here)
    _until_blocked(hands, request)
    assert not request.done()
    # Then the recorder can note of the endpoint, and make deliveries, what it likes
    share_secrets(recorder, [UUID(made)])
    recorder.execute("UPDATE webhook_endpoints SET last_success_at = now() WHERE id = %s", [made])
    recorder.commit()
    assert request.result(10).status_code == 200


def test_of_many_endpoints_that_are_made_at_once_there_are_as_many_as_may_be(
    customer: httpx.Client, at_once: ThreadPoolExecutor
) -> None:
    for _ in range(MOST - 2):
        make(customer)

    answers = at_once.map(lambda _: customer.post(WEBHOOKS, json={"url": URL}), range(8))

    assert sorted(answer.status_code for answer in answers) == [201] * 2 + [409] * 6
    assert len(customer.get(WEBHOOKS).json()["items"]) == MOST
