"""While a customer is erased nobody else writes for it; once that has failed, it goes on."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from gateway.customers.administration import create_key
from gateway.customers.holding import hold_customer
from gateway.customers.keys import Scope
from gateway.customers.problems import CustomerBeingErased
from gateway.housekeeping.erasing.closing import await_writers, mark
from tests.integration.gateway.bulk.waiting import customer_of
from tests.integration.gateway.housekeeping.conftest import House
from tests.integration.gateway.housekeeping.erasing.conftest import ERASURE_WAITS, erase, left
from warren.contracts.catalogue import NDJSON
from warren.errors import Unavailable
from warren.testing.deadline import eventually
from warren.testing.worker import FakeContext

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("all_kinds")]

_LAMP = "/api/v1/catalogue/products/lamp-1"
_FAQ = {"question": "Where?", "answer": "Here."}
_WAYS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "item": ("PUT", _LAMP, {"json": {"name": "Lamp"}}),
    "deleted item": ("DELETE", _LAMP, {}),
    "items": (
        "POST",
        "/api/v1/catalogue/products/bulk",
        {"content": b'{"id": "lamp-2", "name": "Lamp"}\n', "headers": {"Content-Type": NDJSON}},
    ),
    "all of a kind": ("DELETE", "/api/v1/catalogue/products?confirm=true", {}),
}
_EMPTYING = """
SELECT max((payload ->> 'desired_version')::int), max((payload ->> 'floor')::int), count(*)
FROM tasks WHERE actor = %s AND state = 'pending'
"""
_DONE = """
WITH published AS (DELETE FROM outbox WHERE customer_id = %s)
UPDATE tasks SET state = 'succeeded' WHERE actor = %s
"""


@pytest.fixture
def asked(admin: httpx.Client, customer_id: UUID) -> UUID:
    """The task that an administrator has asked for."""
    path = f"/api/v1/customers/{customer_id}/erase?confirm=true"
    return UUID(admin.post(path).raise_for_status().json()["task_id"])


def _empty(customer_id: UUID, asked: UUID, generation: int = 1) -> None:
    """Run the erasure until it waits for what others have."""
    context = FakeContext(task_id=asked, generation=generation)
    with pytest.raises(Unavailable, match="elsewhere is being deleted"):
        erase(customer_id, context)


def _write(operator: httpx.Client, way: str, customer_id: UUID) -> httpx.Response:
    method, path, given = _WAYS[way]
    url = httpx.URL(path).copy_merge_params({"customer_id": str(customer_id)})
    return operator.request(method, url, **given)


def _new_key(admin: httpx.Client, customer_id: UUID) -> httpx.Response:
    body = {"name": "late", "customer_id": str(customer_id)}
    return admin.post("/api/v1/keys", json=body)


def test_what_is_written_for_a_customer_who_is_being_erased_is_refused_and_others_write(
    customer: httpx.Client, admin: httpx.Client, customer_id: UUID, asked: UUID, house: House
) -> None:
    # Given an erasure that waits for others to delete what they have
    customer.put(_LAMP, json={"name": "Lamp"}).raise_for_status()
    _empty(customer_id, asked)
    # When operators write for the customer, and make it a key, Then that is refused
    answers = {way: _write(admin, way, customer_id) for way in _WAYS}
    answers["key"] = _new_key(admin, customer_id)
    assert {way: answer.status_code for way, answer in answers.items()} == dict.fromkeys(
        answers, 409
    )
    for answer in answers.values():
        assert answer.json()["type"] == "urn:warren:problem:customer-being-erased"
        assert answer.json()["task_id"] == str(asked)
        assert str(asked) in answer.json()["detail"]
    with (
        psycopg.connect(house.database.url) as connection,
        pytest.raises(CustomerBeingErased, match=str(asked)),
    ):
        create_key(connection, customer_id, "by a command", [Scope.TASKS_READ])
    # And for others they write
    own = _write(admin, "item", customer_of(admin, house.database))
    assert own.status_code == 202, own.text
    # And the erasure comes to its end
    house.database.ask(_DONE, customer_id, f"task:{asked}")
    erase(customer_id, FakeContext(task_id=asked))
    assert left(house.database.url, customer_id) == {}
    assert _write(admin, "item", customer_id).status_code == 404


def test_who_writes_for_a_customer_is_waited_for_and_others_wait_for_nobody(
    admin: httpx.Client, customer_id: UUID, asked: UUID, house: House
) -> None:
    # Given an operator who is writing for the customer
    with psycopg.connect(house.database.url) as writer, ThreadPoolExecutor(3) as aside:
        hold_customer(writer, customer_id)
        # When it is erased
        erasing = aside.submit(erase, customer_id, FakeContext(task_id=asked))
        try:
            eventually(lambda: house.database.ask(ERASURE_WAITS))
            # Then the keys are there still, who comes later is refused at once, and others are not
            own = customer_of(admin, house.database)
            sent = [aside.submit(_write, admin, "item", whose) for whose in (customer_id, own)]
            codes = [answer.result(5).status_code for answer in sent]
            assert "api_keys" in left(house.database.url, customer_id)
            assert not erasing.done()
        finally:
            writer.rollback()
        erasing.result(20)
    assert codes == [409, 202]
    assert left(house.database.url, customer_id) == {}


def test_who_holds_the_customer_in_the_moment_in_which_it_is_marked_is_waited_for_too(
    customer_id: UUID, asked: UUID, house: House
) -> None:
    with (
        psycopg.connect(house.database.url) as marker,
        psycopg.connect(house.database.url) as writer,
        psycopg.connect(house.database.url) as waiter,
    ):
        # Given a mark that is not committed yet
        mark(marker, customer_id, asked)
        # When somebody holds the customer, who does not see it
        hold_customer(writer, customer_id)
        marker.commit()
        # Then that is waited for
        waiter.execute("SET LOCAL lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            await_writers(waiter, customer_id)
        waiter.rollback()
        writer.commit()
        await_writers(waiter, customer_id)


def test_nobody_waits_for_an_erasure_that_has_the_customer_to_itself(
    admin: httpx.Client, customer_id: UUID, asked: UUID, house: House
) -> None:
    with psycopg.connect(house.database.url) as erasing, ThreadPoolExecutor(1) as aside:
        # Given an erasure that is about to end
        mark(erasing, customer_id, asked)
        erasing.commit()
        await_writers(erasing, customer_id)
        # When an operator writes for the customer, Then that is refused at once
        try:
            answer = aside.submit(_write, admin, "item", customer_id).result(5)
        finally:
            erasing.rollback()
    assert answer.status_code == 409, answer.text


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_after_an_erasure_without_success_the_customer_writes_and_the_next_run_empties_again(
    admin: httpx.Client,
    customer: httpx.Client,
    customer_id: UUID,
    asked: UUID,
    house: House,
    connect: Any,
    end: str,
) -> None:
    customer.put(_LAMP, json={"name": "Lamp"}).raise_for_status()
    customer.post("/api/v1/mobile-faq", json=_FAQ).raise_for_status()
    # Given an erasure that has ended when all was deleted elsewhere, and much of it here
    _empty(customer_id, asked)
    ((version, floor, count),) = house.database.ask(_EMPTYING, f"task:{asked}")
    house.database.ask(_DONE, customer_id, f"task:{asked}")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("gateway.housekeeping.erasing.worker.erase_contents", _fail)
        with pytest.raises(_Failed):
            erase(customer_id, FakeContext(task_id=asked))
    house.database.ask("UPDATE tasks SET state = %s WHERE id = %s", end, asked)
    # When the customer gets a key and writes, and an operator does for it
    key = _new_key(admin, customer_id)
    assert key.status_code == 201, key.text
    again = connect(str(admin.base_url), key.json()["key"])
    again.post("/api/v1/mobile-faq", json=_FAQ).raise_for_status()
    assert _write(admin, "item", customer_id).status_code == 202
    # And the erasure is started again
    admin.post(f"/api/v1/tasks/{asked}/retry").raise_for_status()
    assert _write(admin, "items", customer_id).status_code == 409
    _empty(customer_id, asked, generation=2)
    # Then everything is deleted once more, above what was written meanwhile
    ((later_version, later_floor, later_count),) = house.database.ask(_EMPTYING, f"task:{asked}")
    assert later_count == count
    assert later_version > version + 1
    assert later_floor > floor + 1
    house.database.ask(_DONE, customer_id, f"task:{asked}")
    erase(customer_id, FakeContext(task_id=asked, generation=2))
    assert left(house.database.url, customer_id) == {}


def test_of_two_erasures_of_a_customer_one_waits_for_the_other(
    customer_id: UUID, asked: UUID, house: House
) -> None:
    house.database.ask("UPDATE customers SET erased_by = %s WHERE id = %s", asked, customer_id)

    with pytest.raises(Unavailable, match=f"being erased by task {asked} already"):
        erase(customer_id)

    house.database.ask("UPDATE tasks SET state = 'cancelled' WHERE id = %s", asked)
    erase(customer_id)
    assert left(house.database.url, customer_id) == {}


class _Failed(Exception):
    """What a run ended with."""


def _fail(*_: Any) -> None:
    raise _Failed
