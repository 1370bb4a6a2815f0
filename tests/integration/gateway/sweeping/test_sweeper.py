"""What the sweeper does to tasks, on a real database and a real broker."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from warren.contracts.ids import new_id

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres, pytest.mark.usefixtures("recorder")]

QUEUE = "test.default"
ERROR = {"type": "Busy", "message": "later"}


def test_a_message_that_is_nowhere_is_issued_again_as_the_same_attempt(
    tasks: Any, looks: Any
) -> None:
    # Given a published task whose message was dropped
    (task,) = tasks.dispatched()

    looks.until(lambda: tasks.due(task))

    # Then its next dispatch waits for a relay, once
    assert tasks.due(task) == [(1, 2, 1)]
    assert tasks.state(task) == "pending"
    assert tasks.history(task) == ["task.swept"]
    looks.for_long()
    assert tasks.due(task) == [(1, 2, 1)]


def test_a_lost_retry_is_issued_again_as_that_retry(tasks: Any, looks: Any, report: Any) -> None:
    # Given a task whose second attempt was published and got lost
    (task,) = tasks.dispatched(started_at=datetime.now(UTC))
    retrying = {"delay": 0, "error": ERROR, "processing_seconds": 1}
    report(task, "task.retrying", retrying)
    tasks.publish_again(task)

    looks.until(lambda: tasks.due(task))

    assert tasks.due(task) == [(1, 3, 2)]
    assert tasks.row(task)["attempt"] == 2


def test_a_message_that_waits_in_its_queue_is_left_alone(
    tasks: Any, looks: Any, channel: Any
) -> None:
    (task,) = tasks.dispatched()
    channel.basic_publish("", QUEUE, b"{}")

    looks.for_long()

    assert tasks.due(task) == []


def test_what_a_live_worker_has_prefetched_is_left_alone_until_it_falls_silent(
    tasks: Any, looks: Any, workers: Any
) -> None:
    (task,) = tasks.dispatched()
    workers.beat(prefetched=[f"{task}.1.1"])
    looks.for_long()
    assert tasks.due(task) == []

    workers.silent_for(31)

    looks.until(lambda: tasks.due(task))


def test_a_run_that_a_live_worker_holds_is_left_alone(
    tasks: Any, looks: Any, workers: Any, report: Any
) -> None:
    (task,), run = tasks.dispatched(), new_id()
    report(task, "task.processing", run_id=run)
    workers.beat(runs=[str(run)])

    looks.for_long()

    assert tasks.due(task) == []
    assert tasks.state(task) == "processing"


def test_what_was_published_later_and_started_shows_that_a_message_is_lost(
    tasks: Any, looks: Any, channel: Any, workers: Any, database: Any
) -> None:
    # Given a queue that is never empty
    channel.basic_publish("", QUEUE, b"{}")
    (lost,) = tasks.dispatched()
    looks.for_long()
    assert tasks.due(lost) == []

    # When a later one is started
    (later,) = tasks.dispatched(state="processing", rank=1, started_at=datetime.now(UTC))
    database.execute("UPDATE in_flight SET published_at = now() WHERE task_id = %s", [later])
    workers.beat(prefetched=[f"{later}.1.1"])

    # Then the earlier one was not in the queue any more
    looks.until(lambda: tasks.due(lost))
    assert tasks.due(later) == []


def test_what_a_worker_has_handed_back_behind_a_later_one_is_not_lost(
    tasks: Any, looks: Any, channel: Any, workers: Any, database: Any, report: Any
) -> None:
    # Given a queue that is never empty, and a message that was handed back behind a later one
    channel.basic_publish("", QUEUE, b"{}")
    (waiting,) = tasks.dispatched()
    (later,) = tasks.dispatched(state="processing", rank=1, started_at=datetime.now(UTC))
    database.execute("UPDATE in_flight SET published_at = now() WHERE task_id = %s", [later])
    report(waiting, "task.handed_back")
    # When the later one, a long job, has been started
    looks.once()
    database.execute("UPDATE in_flight SET started_at = now() WHERE task_id = %s", [later])
    workers.beat(prefetched=[f"{later}.1.1"])
    looks.for_long()

    # Then nothing is issued again, and the task's history knows nothing of it
    assert tasks.due(waiting) == []
    assert (tasks.state(waiting), tasks.history(waiting)) == ("pending", [])


def test_a_paused_queue_is_not_swept(tasks: Any, looks: Any, database: Any) -> None:
    (task,) = tasks.dispatched()
    database.execute("INSERT INTO queue_controls (queue, paused_at) VALUES (%s, now())", [QUEUE])
    looks.for_long()
    assert tasks.due(task) == []

    database.execute("UPDATE queue_controls SET paused_at = NULL")

    looks.until(lambda: tasks.due(task))


def test_nothing_is_swept_until_the_broker_has_been_back_for_long(tasks: Any, looks: Any) -> None:
    (task,) = tasks.dispatched()

    looks.for_long(between=lambda: looks.once(connected_seconds=0.1))

    assert tasks.due(task) == []


def test_a_task_that_is_lost_a_fourth_time_fails_as_lost(
    tasks: Any, looks: Any, database: Any
) -> None:
    (task,) = tasks.dispatched()
    for dispatch in (2, 3, 4):
        looks.until(lambda: tasks.due(task))
        assert tasks.due(task) == [(1, dispatch, 1)]
        tasks.publish_again(task)

    looks.until(lambda: tasks.state(task) == "failed")

    assert tasks.row(task)["error"]["source"] == "lost"
    assert tasks.history(task) == ["task.swept"] * 3 + ["task.failed"]
    letters = database.execute("SELECT source, task_id FROM dead_letters").fetchall()
    assert letters == [{"source": "lost", "task_id": task}]


def test_a_wait_in_between_forgets_no_sweep(tasks: Any, looks: Any, report: Any) -> None:
    (task,) = tasks.dispatched()
    looks.until(lambda: tasks.due(task))
    tasks.publish_again(task)
    report(task, "task.waiting", {"reason": "provider_down", "delay": 0}, dispatch=2)
    tasks.publish_again(task)
    looks.until(lambda: tasks.due(task))

    assert tasks.history(task) == ["task.swept", "task.waiting", "task.swept"]
    query = "SELECT data FROM task_history WHERE type = 'task.swept' ORDER BY dispatch"
    assert [row["data"] for row in tasks.database.execute(query)] == [{"sweeps": 1}, {"sweeps": 2}]


def test_a_cancellation_that_nobody_is_left_to_confirm_is_confirmed(tasks: Any, looks: Any) -> None:
    (task,) = tasks.dispatched(state="cancelling")

    looks.until(lambda: tasks.state(task) == "cancelled")

    assert tasks.due(task) == []


def test_the_late_success_of_a_frozen_worker_stands(tasks: Any, looks: Any, report: Any) -> None:
    # Given a run whose worker froze, and whose task was issued again
    (task,) = tasks.dispatched()
    report(task, "task.processing")
    looks.until(lambda: tasks.due(task))

    # When that worker wakes up and reports
    report(task, "task.succeeded", {"result": "late", "processing_seconds": 99})

    # Then the task has succeeded, and is not run again
    assert tasks.row(task)["result"] == "late"
    assert tasks.due(task) == []


def test_the_late_failure_of_a_frozen_worker_changes_nothing_once_another_has_started(
    tasks: Any, looks: Any, report: Any
) -> None:
    (task,) = tasks.dispatched()
    report(task, "task.processing")
    looks.until(lambda: tasks.due(task))
    tasks.publish_again(task)
    report(task, "task.processing", dispatch=2)

    failed = {"source": "permanent", "error": ERROR, "processing_seconds": 1}
    report(task, "task.failed", failed)

    assert tasks.state(task) == "processing"


def test_a_task_that_nobody_started_in_time_expires(tasks: Any, looks: Any, channel: Any) -> None:
    # Given two published tasks in a queue that nobody reads, one of them past its time
    channel.basic_publish("", QUEUE, b"{}")
    past = datetime.now(UTC) - timedelta(seconds=5)
    (late,) = tasks.dispatched(expires_at=past)
    (patient,) = tasks.dispatched(expires_at=past + timedelta(hours=1))

    looks.until(lambda: tasks.state(late) == "expired")

    assert tasks.state(patient) == "pending"


def test_a_task_that_was_started_in_time_does_not_expire(
    tasks: Any, looks: Any, channel: Any, report: Any
) -> None:
    channel.basic_publish("", QUEUE, b"{}")
    (task,) = tasks.dispatched(expires_at=datetime.now(UTC) - timedelta(seconds=5))
    report(task, "task.retrying", {"delay": 0, "error": ERROR, "processing_seconds": 1})
    tasks.publish_again(task)

    looks.for_long()

    assert tasks.state(task) == "retrying"


def test_custody_of_tasks_that_have_ended_is_deleted(tasks: Any, looks: Any, database: Any) -> None:
    tasks.dispatched(3, state="succeeded")
    (live,) = tasks.dispatched()
    database.execute(
        "INSERT INTO in_flight (task_id, generation, dispatch, queue) VALUES (%s, 1, 1, %s)",
        [new_id(), QUEUE],
    )

    assert looks.repair() == 4

    assert database.execute("SELECT task_id FROM in_flight").fetchall() == [{"task_id": live}]
    assert looks.repair() == 0


def test_several_sweepers_issue_a_task_once(tasks: Any, make_looks: Callable[[], Any]) -> None:
    ids = tasks.dispatched(50)
    all_looks = [make_looks() for _ in range(3)]

    def sweep(looks: Any) -> None:
        looks.until(lambda: all(map(tasks.due, ids)))
        looks.for_long()

    threads = [threading.Thread(target=sweep, args=[each]) for each in all_looks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert [tasks.due(task) for task in ids] == [[(1, 2, 1)]] * 50
    assert [tasks.history(task) for task in ids] == [["task.swept"]] * 50
