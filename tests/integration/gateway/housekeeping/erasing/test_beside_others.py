"""Others go on while a customer who has much is erased."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import httpx
import psycopg
import pytest

from tests.integration.gateway.housekeeping.conftest import House
from tests.integration.gateway.housekeeping.erasing.conftest import erase, left
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres

_SPEECH = {"kind": "tts.synthesize", "payload": {"text": "Hello."}}
_ERASURE_WAITS = """
SELECT FROM pg_stat_activity WHERE application_name = 'warren-housekeeper-job'
    AND wait_event_type = 'Lock' AND datname = current_database()
"""


def test_tasks_of_others_are_accepted_while_somebody_holds_one_of_the_customer(
    customer: httpx.Client, admin: httpx.Client, customer_id: UUID, house: House
) -> None:
    # Given a customer with a task whose end it is told, which somebody holds
    told = {**_SPEECH, "webhook": {"url": "https://hooks.example.com/a"}}
    customer.post("/api/v1/webhooks/secret").raise_for_status()
    task = customer.post("/api/v1/tasks", json=told).json()["task_id"]
    with psycopg.connect(house.database.url) as holder, ThreadPoolExecutor(5) as aside:
        holder.execute("SELECT FROM tasks WHERE id = %s FOR NO KEY UPDATE", [task])
        # When the customer is erased, and goes on submitting with a key that gateways remember
        erasing = aside.submit(erase, customer_id)
        try:
            eventually(lambda: house.database.ask(_ERASURE_WAITS))
            clients = [customer, admin, customer, admin]
            sent = [aside.submit(one.post, "/api/v1/tasks", json=_SPEECH) for one in clients]
            # Then it is refused at once, and others are not
            codes = [answer.result(5).status_code for answer in sent]
        finally:
            holder.rollback()
        erasing.result(20)
    assert codes == [401, 202, 401, 202]
    assert left(house.database.url, customer_id) == {}


def test_what_a_schedule_fires_while_its_customer_is_erased_goes(
    customer: httpx.Client, customer_id: UUID, house: House
) -> None:
    # Given a scheduler that is firing a schedule
    body = {"name": "daily", "cron": "0 3 * * *", **_SPEECH}
    schedule = customer.post("/api/v1/schedules", json=body).json()["id"]
    with psycopg.connect(house.database.url) as firing, ThreadPoolExecutor(1) as aside:
        firing.execute("SELECT FROM schedules WHERE id = %s FOR UPDATE", [schedule])
        # When its customer is erased, and only then it writes that down
        erasing = aside.submit(erase, customer_id)
        try:
            eventually(lambda: house.database.ask(_ERASURE_WAITS))
            firing.execute(
                "INSERT INTO schedule_fires (schedule_id, due_at, task_id, coalesced)"
                " VALUES (%s, now(), gen_random_uuid(), 0)",
                [schedule],
            )
        finally:
            firing.commit()
        erasing.result(20)
    # Then that is gone, too
    assert left(house.database.url, customer_id) == {}


def test_nothing_is_counted_for_a_key_that_is_gone_and_that_a_gateway_remembers(
    customer: httpx.Client, customer_id: UUID, house: House
) -> None:
    # Given a customer whose key a gateway remembers, and whose tasks of a day are counted
    house.database.ask("UPDATE api_keys SET tasks_per_day = 5 WHERE customer_id = %s", customer_id)
    customer.get("/api/v1/kinds").raise_for_status()
    erase(customer_id)
    # When it submits its first task
    answer = customer.post("/api/v1/tasks", json=_SPEECH)
    # Then it is refused, and nothing is kept of that
    assert answer.status_code == 401
    assert left(house.database.url, customer_id) == {}
