"""Failed tasks start again by themselves, if that is switched on."""

from uuid import UUID, uuid4

import pytest

from gateway.housekeeping.repeating.resubmission import Resubmit, ResubmitWorker
from tests.integration.gateway.housekeeping.conftest import House
from tests.integration.gateway.housekeeping.test_clean_tasks import add_letter
from warren.testing.worker import FakeContext

pytestmark = pytest.mark.postgres


def resubmit() -> int:
    return ResubmitWorker().perform(Resubmit(), FakeContext()).retried


def failures(house: House, count: int, kind: str = "test.any") -> list[UUID]:
    tasks = [house.task(1, "failed", kind=kind) for _ in range(count)]
    for task in tasks:
        add_letter(house, task, {})
    house.database.ask("UPDATE dead_letters SET kind = t.kind FROM tasks t WHERE t.id = task_id")
    return tasks


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARREN_RESUBMIT", "true")


def test_it_is_off_unless_it_is_switched_on(house: House) -> None:
    failures(house, 1)
    assert resubmit() == 0


@pytest.mark.usefixtures("on")
def test_five_of_a_kind_and_fifty_in_all_start_in_a_run(house: House) -> None:
    failures(house, 6)
    assert [resubmit(), resubmit(), resubmit()] == [5, 1, 0]
    for number in range(11):
        failures(house, 5, f"test.kind{number}")
    assert [resubmit(), resubmit()] == [50, 5]


@pytest.mark.usefixtures("on")
def test_those_that_cannot_start_now_take_no_places_of_those_that_can(house: House) -> None:
    held = failures(house, 5)
    house.database.ask("UPDATE tasks SET unique_key = id::text WHERE id = ANY (%s)", held)
    house.database.ask(
        "INSERT INTO unique_keys (customer_id, kind, key, task_id)"
        " SELECT customer_id, kind, unique_key, gen_random_uuid() FROM tasks WHERE id = ANY (%s)",
        held,
    )
    failures(house, 2)
    assert resubmit() == 2


@pytest.mark.usefixtures("on")
def test_those_of_a_customer_that_is_being_erased_take_no_places_of_others(house: House) -> None:
    held = failures(house, 5)
    erasure, erased = house.task(0, "pending", kind="api.erase_customer"), uuid4()
    house.database.ask(
        "INSERT INTO customers (id, name, erased_by) VALUES (%s, 'erased', %s)", erased, erasure
    )
    house.database.ask("UPDATE tasks SET customer_id = %s WHERE id = ANY (%s)", erased, held)
    failures(house, 2)

    assert resubmit() == 2


@pytest.mark.usefixtures("on")
def test_only_transient_failures_start_and_each_three_times_at_most(house: House) -> None:
    (task,) = failures(house, 1)
    (permanent,) = failures(house, 1)
    house.database.ask("UPDATE dead_letters SET source = 'permanent' WHERE task_id = %s", permanent)
    for generation in (2, 3, 4):
        assert resubmit() == 1
        ((reached, state),) = house.database.ask(
            "SELECT generation, state FROM tasks WHERE id = %s", task
        )
        assert (reached, state) == (generation, "pending")
        # And it fails again
        house.database.ask("DELETE FROM outbox")
        house.database.ask("UPDATE tasks SET state = 'failed' WHERE id = %s", task)
        house.database.ask(
            "UPDATE dead_letters SET resolution = NULL, generation = generation + 1"
            " WHERE task_id = %s",
            task,
        )
    assert resubmit() == 0
