"""A cancellation and an outcome of the same task, at the same time."""

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
import pytest

from gateway.recording.store import StatusStore
from gateway.tasks.cancellation import CancelAnswer, cancel_tasks
from warren.contracts.status import encode_statuses

pytestmark = pytest.mark.postgres


def _cancel(url: str, task: UUID) -> CancelAnswer:
    with psycopg.connect(url) as connection:
        (answer,) = cancel_tasks(connection, [task], "key:test")
        return answer


def test_a_cancellation_that_races_with_a_success_leaves_one_end_and_no_effect_after_it(
    database_url: str, store: StatusStore, tasks: Any, statuses: Any
) -> None:
    # Given two hundred tasks in the broker's hands
    chance = random.Random(4)
    dispatched = tasks.dispatched(200)
    with ThreadPoolExecutor(2) as pool:
        for task in dispatched:
            success = encode_statuses([statuses.processing(task), statuses.succeeded(task)])
            stopped = encode_statuses([statuses.make(task, "task.cancelled", {})])
            # When each is cancelled while its worker reports a success
            jobs = [(store.record_statuses, [success]), (_cancel, database_url, task)]
            chance.shuffle(jobs)
            futures = {job[0]: pool.submit(*job) for job in jobs}  # type: ignore[arg-type]
            answer = futures[_cancel].result(20)
            futures[store.record_statuses].result(20)
            # And a second run of it, and the first again, report what they came to
            store.record_statuses([stopped])
            store.record_statuses([success])
            # Then the success stands, as the worker published it; whether the cancellation came
            # before it or after it, there is one end
            row = tasks.row(task)
            assert row["state"] == "succeeded"
            assert answer.came_too_late == (row["cancel_requested_at"] is None)
    assert _ends_per_task(tasks) == {1}


def test_what_a_worker_reports_after_a_task_was_cancelled_changes_nothing(
    store: StatusStore, tasks: Any, statuses: Any, database_url: str
) -> None:
    # Given tasks that were cancelled, and whose worker has said so
    dispatched = tasks.dispatched(50)
    for task in dispatched:
        _cancel(database_url, task)
    store.record_statuses(
        [encode_statuses([statuses.make(t, "task.cancelled", {})]) for t in dispatched]
    )
    before = [tasks.row(task) for task in dispatched]
    # When another run of each, of a duplicated message, succeeds or wants another attempt
    late = [statuses.succeeded(t) for t in dispatched[::2]]
    late += [statuses.retrying(t) for t in dispatched[1::2]]
    store.record_statuses([encode_statuses([status]) for status in late])
    # Then nothing of it is recorded
    assert [tasks.row(task) for task in dispatched] == before
    assert {row["state"] for row in before} == {"cancelled"}
    assert _ends_per_task(tasks) == {1}
    assert tasks.rows("SELECT count(*) FROM outbox") == [(0,)]


def test_an_attempt_that_fails_while_its_task_is_being_cancelled_is_the_last(
    store: StatusStore, tasks: Any, statuses: Any, database_url: str
) -> None:
    (task,) = tasks.dispatched()
    _cancel(database_url, task)
    store.record_statuses([encode_statuses([statuses.retrying(task)])])
    assert tasks.row(task)["state"] == "cancelled"
    assert tasks.rows("SELECT count(*) FROM outbox") == [(0,)]


def _ends_per_task(tasks: Any) -> set[int]:
    return {
        count
        for (count,) in tasks.rows(
            "SELECT count(*) FILTER (WHERE type IN ('task.succeeded', 'task.failed',"
            " 'task.cancelled')) FROM task_history GROUP BY task_id"
        )
    }
