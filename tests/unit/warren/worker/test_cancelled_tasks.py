"""Which tasks are cancelled, and for how long that is remembered."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from warren.contracts.ids import new_id
from warren.contracts.orders import CancelTask
from warren.worker.cancelled_tasks import CancelledTasks

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def _order(task_id: UUID, generation: int = 1, at: datetime = NOW) -> CancelTask:
    return CancelTask(task_id=task_id, generation=generation, at=at, by="key:test")


def test_an_order_covers_its_generation_and_earlier_ones() -> None:
    # Given an order for the second generation of a task
    tasks, task = CancelledTasks(), new_id()
    tasks.add(_order(task, generation=2))
    # Then the third is not meant, nor is any other task
    assert [tasks.covers(task, generation) for generation in (1, 2, 3)] == [True, True, False]
    assert not tasks.covers(new_id(), 1)


def test_an_older_order_that_comes_late_changes_nothing() -> None:
    tasks, task = CancelledTasks(), new_id()
    tasks.add(_order(task, generation=2))
    tasks.add(_order(task, generation=1))
    assert tasks.covers(task, 2)


def test_orders_are_forgotten_by_age() -> None:
    # Given one order after the other, an hour apart
    tasks = CancelledTasks(kept=timedelta(hours=10))
    ids = [new_id() for _ in range(1000)]
    for hour, task in enumerate(ids):
        tasks.add(_order(task, at=NOW + timedelta(hours=hour)))
    # Then only the last hours are known
    assert len(tasks) == 11
    assert tasks.covers(ids[-11], 1)
    assert not tasks.covers(ids[-12], 1)
