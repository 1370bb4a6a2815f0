"""Administrators ask for a customer to be erased; nobody else can."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from gateway.customers.keys import Scope
from tests.integration.gateway.bulk.waiting import customer_of
from tests.integration.gateway.housekeeping.conftest import House
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres


def test_an_administrator_asks_for_it_and_follows_the_task(
    customer: httpx.Client, admin: httpx.Client, customer_id: UUID, house: House
) -> None:
    path = f"/api/v1/customers/{customer_id}/erase"
    eventually(lambda: admin.post(path).status_code == 422)
    answer = admin.post(path, params={"confirm": "true"})

    assert answer.status_code == 202, answer.text
    task = admin.get(f"/api/v1/tasks/{answer.json()['task_id']}").json()
    assert (task["kind"], task["lane"]) == ("api.erase_customer", "default")
    assert task["payload"]["customer_id"] == str(customer_id)
    # And the audit says who asked, once, before anything has gone
    (told,) = admin.get("/api/v1/audit", params={"target": f"customer:{customer_id}"}).json()[
        "items"
    ]
    assert (told["action"], told["actor"]) == ("data.erasure_requested", task["actor"])
    assert told["details"] == {"task_id": task["task_id"]}


@pytest.mark.parametrize("who", ["operator", "own", "nobody"])
def test_it_is_refused(
    customer_id: UUID,
    admin: httpx.Client,
    database: Any,
    gateway_url: str,
    connect: Callable[[str, str], httpx.Client],
    who: str,
) -> None:
    operator = connect(gateway_url, database.key(scopes=[Scope.TASKS_WRITE, Scope.OPERATE]))
    whom = {"operator": customer_id, "own": customer_of(admin, database), "nobody": uuid4()}[who]
    client = operator if who == "operator" else admin

    answer = client.post(f"/api/v1/customers/{whom}/erase", params={"confirm": "true"})

    assert answer.status_code == {"operator": 403, "own": 409, "nobody": 404}[who]


def test_nobody_can_submit_it_as_a_task(admin: httpx.Client, customer_id: UUID) -> None:
    body = {"kind": "api.erase_customer", "payload": {"customer_id": str(customer_id)}}

    assert admin.post("/api/v1/tasks", json=body).status_code == 404
