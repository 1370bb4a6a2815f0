"""What comes while a customer is erased, or after a run that died, is erased as well."""

from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from gateway.customers.administration import create_key
from gateway.customers.keys import Scope
from gateway.housekeeping.erasing import worker
from gateway.housekeeping.erasing.emptying import emptying_ids
from gateway.housekeeping.erasing.jobs import EraseCustomer
from gateway.housekeeping.erasing.worker import EraseCustomerWorker
from gateway.reconciling.entities import Domain
from tests.integration.gateway.housekeeping.conftest import House
from tests.integration.gateway.housekeeping.erasing.conftest import erase, furnish, left
from warren.errors import JobCancelled, Unavailable, WarrenError
from warren.testing.worker import FakeContext

pytestmark = pytest.mark.postgres


class _Died(Exception):
    """What a killed process stands for: nothing of the run is left but what it has committed."""


def test_a_run_that_dies_before_the_contents_go_leaves_them_to_the_next_one(
    customer: httpx.Client, customer_id: UUID, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(customer, house, customer_id, b"only theirs")
    own = house.store.put(b"only theirs").sha256

    def die(*_: Any) -> None:
        raise _Died

    with monkeypatch.context() as patched:
        # Given a run that has erased the rows, and dies
        patched.setattr(worker, "erase_contents", die)
        with pytest.raises(_Died):
            erase(customer_id)
    assert house.is_stored(own)
    assert house.database.ask("SELECT FROM artifacts WHERE customer_id = %s", customer_id) == []
    # When the next one goes on, Then the content is not even in the trash
    erase(customer_id)
    with pytest.raises(WarrenError):
        house.store.read(own)
    assert house.store.restore(own) is False
    assert house.database.count("discarded_contents") == 0


def test_a_run_that_dies_when_the_keys_have_gone_leaves_the_rest_to_the_next_one(
    customer: httpx.Client, customer_id: UUID, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(customer, house, customer_id, b"only theirs")

    def die(*_: Any) -> None:
        raise _Died

    with monkeypatch.context() as patched:
        # Given a run that has taken the keys, and dies
        patched.setattr(worker, "stop_schedules", die)
        with pytest.raises(_Died):
            erase(customer_id)
    found = left(house.database.url, customer_id)
    assert "api_keys" not in found
    assert {"schedules", "webhook_endpoints", "tasks"} <= found.keys()
    # When the next one goes on, Then nothing is left
    erase(customer_id)
    assert left(house.database.url, customer_id) == {}


def test_a_key_that_is_made_while_the_customer_is_erased_is_taken_by_the_next_run(
    customer_id: UUID, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(*_: Any) -> None:
        with psycopg.connect(house.database.url) as connection:
            create_key(connection, customer_id, "late", [Scope.TASKS_READ])

    with monkeypatch.context() as patched:
        # Given that the key is made when all others have gone
        patched.setattr(worker, "erase_contents", make)
        with pytest.raises(Unavailable, match="came meanwhile"):
            erase(customer_id)
    assert left(house.database.url, customer_id)["api_keys"] == 1
    erase(customer_id)
    assert left(house.database.url, customer_id) == {}


def test_what_is_left_elsewhere_is_known_after_a_run_that_died(
    customer: httpx.Client, customer_id: UUID, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given that the chatbot has failed, and a run that has erased the tasks, and dies
    furnish(customer, house, customer_id, b"only theirs")
    context = FakeContext()
    emptying = emptying_ids(context.task_id, 1)[Domain.DOCUMENTS]
    house.database.ask(
        "UPDATE tasks SET id = %s, customer_id = %s WHERE id = %s",
        emptying,
        customer_id,
        house.task(1, state="failed", kind="chatbot.empty"),
    )

    def die(_: Any) -> None:
        raise _Died

    with monkeypatch.context() as patched:
        patched.setattr(worker.Erasing, "erase_files", die)
        with pytest.raises(_Died):
            erase(customer_id, context)
    assert house.database.ask("SELECT id FROM tasks") == [(emptying,)]
    # When the next one goes on, Then it still says so, and nothing stays
    report = erase(customer_id, context)
    assert (report.left_elsewhere, report.tasks) == (["chatbot.empty"], 1)
    assert left(house.database.url, customer_id) == {}


def test_a_file_that_comes_while_the_customer_is_erased_is_erased_by_the_next_run(
    customer: httpx.Client, customer_id: UUID, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = house.artifact(b"late", 1)[0]

    def upload(*_: Any) -> None:
        house.database.ask("UPDATE artifacts SET customer_id = %s", customer_id)

    with monkeypatch.context() as patched:
        # Given that the file comes when all others have gone
        patched.setattr(worker, "erase_contents", upload)
        with pytest.raises(Unavailable, match="came meanwhile"):
            erase(customer_id)
    erase(customer_id)
    assert not house.has_row(late)
    assert left(house.database.url, customer_id) == {}


def test_a_second_run_waits_for_gateways_to_forget_the_keys_too(
    customer_id: UUID, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(worker, "_KEYS_REMEMBERED", 6.0)
    monkeypatch.setattr(worker.Erasing, "_pause", staticmethod(waited.append))
    # Given a first run that has taken the keys, and died
    house.database.ask("DELETE FROM api_keys WHERE customer_id = %s", customer_id)

    erase(customer_id)

    assert waited[0] == 6.0


def test_what_could_not_be_recorded_of_its_tasks_goes_too(
    customer: httpx.Client, customer_id: UUID, house: House
) -> None:
    house.database.ask("DELETE FROM quarantined_status")
    own, other = house.task(1), house.task(1)
    house.database.ask("UPDATE tasks SET customer_id = %s WHERE id = %s", customer_id, own)
    bodies = [f'{{"task_id": "{own}", "data": "secret'.encode(), f"\xff\x00 {other}".encode()]
    for body in [*bodies, f"customer {customer_id}".encode(), b"of nobody"]:
        house.database.ask(
            "INSERT INTO quarantined_status (queue, body, error) VALUES ('q', %s, 'bad')", body
        )

    erase(customer_id)

    kept = house.database.ask("SELECT body FROM quarantined_status ORDER BY id")
    assert [bytes(body) for (body,) in kept] == [bodies[1], b"of nobody"]


def test_it_can_be_aborted_between_two_steps(customer_id: UUID, house: House) -> None:
    task = house.task(1)
    house.database.ask("UPDATE tasks SET customer_id = %s", customer_id)

    class Aborted(FakeContext):
        def check_cancelled(self) -> None:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        EraseCustomerWorker().perform(EraseCustomer(customer_id=customer_id), Aborted())

    assert house.database.ask("SELECT id FROM tasks") == [(task,)]
    assert left(house.database.url, customer_id)["api_keys"] == 1
