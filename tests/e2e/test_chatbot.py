"""A chatbot that is down, flaps or fails after applying: in the end both sides have the same."""

import os
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.e2e.changes import (
    Customer,
    assert_in_step,
    change_all,
    states,
    wait_until_all_ended,
)
from tests.e2e.stacks import started_stack
from tests.running_chatbot import RunningChatbot
from tests.unit.sync_worker.files import BEES, bomb, docx_file
from warren.contracts.ids import new_id
from warren.stack.plan import StackPlan, WorkerPlan, warren_command
from warren.stack.stack import Stack
from warren.testing.deadline import eventually

pytestmark = [
    pytest.mark.rabbitmq,
    pytest.mark.postgres,
    pytest.mark.slow,
]
_ENVIRONMENT = {
    "SYNC_CHATBOT_RATE": "500/s",
    "SYNC_CHATBOT_PAUSE": "0.5",
}
MakeCustomers = Callable[[int], list[Customer]]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The system with nothing but the sync-worker and its chatbot."""
    root: Path = tmp_path_factory.mktemp("stack")
    plan = StackPlan(workers=[WorkerPlan("sync-worker", concurrency=4)], environment=_ENVIRONMENT)
    with started_stack(root, plan) as stack:
        yield stack


@pytest.fixture
def make_customers(stack: Stack) -> Iterator[MakeCustomers]:
    """Customers with a key each."""
    made: list[Customer] = []

    def make(count: int) -> list[Customer]:
        made.extend(_customer(stack, f"customer-{new_id()}", n) for n in range(count))
        return made

    yield make
    for customer in made:
        customer.http.close()


def _customer(stack: Stack, name: str, seed: int) -> Customer:
    made = subprocess.run(
        [warren_command(), "keys", "create", "--customer", name, "--new-customer"],
        env={**os.environ, "WARREN_DATABASE_URL": stack.descriptor.database_url},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    with psycopg.connect(stack.descriptor.database_url) as connection:
        query = "SELECT id FROM customers WHERE name = %s"
        (id_,) = connection.execute(query, [name]).fetchone() or ("",)
    http = httpx.Client(
        base_url=f"{stack.descriptor.gateway_url}/api/v1",
        headers={"Authorization": f"Bearer {made.stdout.strip()}"},
        timeout=20,
    )
    return Customer(http, str(id_), random.Random(seed))


def test_a_chatbot_that_was_down_for_300_changes_of_three_customers_ends_in_step(
    stack: Stack, chatbot: RunningChatbot, make_customers: MakeCustomers
) -> None:
    # Given a chatbot that is down for all of 300 changes
    customers = make_customers(3)
    stack.halt("chatbot")
    change_all(customers, changes=100)

    # When it comes back, while worker, recorder and broker are killed
    stack.resume("chatbot")
    eventually(chatbot.is_ready, within=60)
    for victim in ("sync-worker", "recorder", "rabbitmq"):
        eventually(lambda: any(chatbot.journal(c.id) for c in customers), within=60)
        stack.kill(victim)
    wait_until_all_ended(stack, within=150)

    # Then every task has succeeded, and both sides have the same
    assert set(states(stack, customers)) == {"succeeded"}
    for customer in customers:
        assert_in_step(customer, chatbot)
    # (What changed several times was sent once: far fewer calls than changes.)
    applied = sum(len(chatbot.journal(customer.id)) for customer in customers)
    assert applied < 220
    # And the health that operators see tells of the chatbot what the workers find
    eventually(lambda: health_of_the_chatbot(stack)["problem"] is None, within=30)


def health_of_the_chatbot(stack: Stack) -> dict[str, Any]:
    url, key = stack.descriptor.gateway_url, stack.descriptor.api_key
    answer = httpx.get(f"{url}/api/v1/health", headers={"X-API-Key": key}, trust_env=False)
    assert answer.is_success, answer.text
    part: dict[str, Any] = answer.json()["parts"].get("chatbot", {"problem": "not told yet"})
    return part


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "flapping", "every": 3},
        {"fault": "fails_after", "once_each": True},
        {"fault": "cut", "once_each": True},
    ],
    ids=lambda fault: str(fault["fault"]),
)
def test_a_chatbot_on_a_bad_day_ends_in_step(
    stack: Stack, chatbot: RunningChatbot, make_customers: MakeCustomers, fault: dict[str, Any]
) -> None:
    customers = make_customers(2)
    chatbot.switch(**fault)

    change_all(customers, changes=30)
    wait_until_all_ended(stack, within=120)
    chatbot.switch("none")

    assert set(states(stack, customers)) == {"succeeded"}
    for customer in customers:
        assert_in_step(customer, chatbot)


def test_a_hostile_file_fails_alone_and_says_why(
    stack: Stack, make_customers: MakeCustomers
) -> None:
    (customer,) = make_customers(1)
    files = {"bomb.docx": bomb("word/document.xml", 150), "good.docx": docx_file(BEES)}

    ids = {name: customer.upload(name, content) for name, content in files.items()}
    wait_until_all_ended(stack, within=90)

    found = customer.wanted("/documents/list", "document_id")
    assert found[ids["good.docx"]]["sync"] == "synced"
    assert found[ids["good.docx"]]["characters"] == len(BEES)
    failed = found[ids["bomb.docx"]]
    assert (failed["sync"], failed["error"]["type"]) == ("failed", "TooLarge")


def test_what_the_chatbot_lost_or_kept_is_listed(
    stack: Stack, chatbot: RunningChatbot, make_customers: MakeCustomers
) -> None:
    (customer,) = make_customers(1)
    customer.add_faq()
    wait_until_all_ended(stack, within=60)
    (faq,) = customer.faqs
    in_step = drift(stack, chatbot, customer)

    chatbot.delete(customer.id, "faqs", faq, version=1_000)
    chatbot.put_faq(customer.id, new_id(), version=1)
    differs = drift(stack, chatbot, customer)

    assert (in_step.returncode, in_step.stdout) == (0, "documents: in step\nfaqs: in step\n")
    assert differs.returncode == 1
    assert f"faqs: {faq} is missing there" in differs.stdout
    assert "should not be there" in differs.stdout
    # And the comparison of every night finds the same
    assert nightly(stack, customer) == {"missing": 1, "strange": 1}


def nightly(stack: Stack, customer: Customer) -> dict[str, int]:
    """What `api.check_drift` finds among the FAQs, once its tasks have run."""
    query = "SELECT data -> 'counts' FROM statistics WHERE series = %s"
    with psycopg.connect(stack.descriptor.database_url, autocommit=True) as connection:
        # What was confirmed within the last minute is left out
        connection.execute("UPDATE syncs SET synced_at = synced_at - interval '1 hour'")
        httpx.post(
            f"{stack.descriptor.gateway_url}/api/v1/tasks",
            headers={"Authorization": f"Bearer {stack.descriptor.api_key}"},
            json={"kind": "api.check_drift", "payload": {}},
            timeout=20,
        ).raise_for_status()
        (counts,) = eventually(
            lambda: connection.execute(query, [f"drift:{customer.id}:faqs"]).fetchone(), within=60
        )
    found: dict[str, int] = counts
    return found


def drift(
    stack: Stack, chatbot: RunningChatbot, customer: Customer
) -> subprocess.CompletedProcess[str]:
    key = customer.http.headers["Authorization"].removeprefix("Bearer ")
    return subprocess.run(
        [warren_command(), "drift", customer.id],
        env={
            **os.environ,
            "WARREN_URL": stack.descriptor.gateway_url,
            "WARREN_API_KEY": key,
            "SYNC_CHATBOT_URL": chatbot.url,
            "SYNC_CHATBOT_TOKEN": stack.folder.secret("chatbot").read_text().strip(),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
