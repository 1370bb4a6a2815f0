"""Which places deliveries take: dead receivers keep none from those that answer."""

from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest

from gateway.webhooks import hosts
from gateway.webhooks.hosts import settle_hosts
from tests.integration.gateway.hands import Hands
from tests.integration.gateway.webhooks.conftest import deliveries, make, place_of, submit

pytestmark = pytest.mark.postgres

BUSY = {"type": "ReceiverFailed", "message": "gave no answer"}
#: Seconds that an attempt has taken.
SOON, LATE = 0.1, 15.0


@pytest.fixture
def settle(database: Any) -> Callable[[], int]:
    """What the housekeeper does every second."""

    def settled() -> int:
        with psycopg.connect(database.url, autocommit=True) as connection:
            return settle_hosts(connection)

    return settled


def told(customer: httpx.Client, hands: Hands, **more: Any) -> str:
    """Something has ended; returns the one delivery of that."""
    hands.publish(task := submit(customer, **more))
    hands.succeed(task)
    (sent,) = deliveries(customer, task_id=task)
    return str(sent["id"])


def test_a_receiver_that_answers_soon_gets_places_of_its_own(
    customer: httpx.Client, hands: Hands, settle: Callable[[], int]
) -> None:
    make(customer, url="https://good.example.com/")
    # Given messages to a receiver of which nothing is known
    first, second = told(customer, hands), told(customer, hands)
    assert place_of(hands, first) == place_of(hands, second) == "new"
    # When it has answered, be it that it is busy
    hands.publish(first)
    hands.retry(first, delay=60, error=BUSY, processing_seconds=SOON)
    assert settle() == 1
    # Then what waits and what comes has its own places
    third = told(customer, hands)
    assert {place_of(hands, each) for each in (first, second, third)} == {"good.example.com"}
    assert settle() == 0


def test_of_many_that_wait_for_a_host_some_are_moved_at_a_time(
    customer: httpx.Client,
    hands: Hands,
    settle: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make(customer, url="https://good.example.com/")
    waiting = [told(customer, hands) for _ in range(3)]
    hands.publish(waiting[0])
    hands.retry(waiting[0], delay=60, error=BUSY, processing_seconds=SOON)
    monkeypatch.setattr(hosts, "_MOST", 1)

    # What else is looked for every second is not kept waiting
    assert [settle() for _ in range(5)] == [0, 0, 0, 1, 0]
    assert {place_of(hands, each) for each in waiting} == {"good.example.com"}


def test_one_that_lets_us_wait_shares_a_few_until_it_answers_soon_again(
    customer: httpx.Client, hands: Hands, settle: Callable[[], int]
) -> None:
    # Given a receiver that was known to answer
    make(customer, url="https://dead.example.com/")
    hands.publish(first := told(customer, hands))
    hands.succeed(first, processing_seconds=SOON)
    settle()
    waits, published, late = (told(customer, hands) for _ in range(3))
    hands.publish(published)
    hands.publish(late)
    # When it has let somebody wait
    hands.retry(published, delay=60, error=BUSY, processing_seconds=LATE)
    settle()
    # Then nothing waits for it in places of its own, also not what was on its way meanwhile
    hands.retry(late, delay=60, error=BUSY, processing_seconds=LATE)
    assert settle() == 1
    comes = told(customer, hands)
    assert {place_of(hands, each) for each in (waits, published, late, comes)} == {"slow"}
    # Until it answers
    hands.publish(waits)
    hands.succeed(waits, processing_seconds=SOON)
    settle()
    assert {place_of(hands, each) for each in (published, late, comes)} == {"dead.example.com"}


def test_however_many_dead_receivers_there_are_they_share_the_places_of_two(
    customer: httpx.Client, stranger: httpx.Client, hands: Hands, settle: Callable[[], int]
) -> None:
    # Given customers with URLs of tasks that lead to many hosts, of which one is known to answer
    for who in (customer, stranger):
        who.post("/api/v1/webhooks/secret").raise_for_status()
    urls = [f"https://{n}.example.com/" for n in range(6)]
    known = told(customer, hands, webhook={"url": urls[0]})
    hands.publish(known)
    hands.succeed(known, processing_seconds=SOON)
    # When all the others let us wait
    for who in (customer, stranger):
        for url in urls[1:]:
            hands.publish(sent := told(who, hands, webhook={"url": url}))
            hands.retry(sent, delay=60, error=BUSY, processing_seconds=LATE)
    settle()
    # Then the one has its own places, and no more than two groups are taken by all others
    rows = hands.ask("SELECT DISTINCT limit_key FROM outbox WHERE queue = 'sync.low'")
    assert all(":slow/" in row["limit_key"] for row in rows)
    assert len(rows) <= 2
    again = told(customer, hands, webhook={"url": urls[0]})
    assert place_of(hands, again) == "0.example.com"
