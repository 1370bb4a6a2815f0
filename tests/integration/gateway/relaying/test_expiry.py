"""Tasks that nobody started by their time."""

import threading
from typing import Any
from uuid import UUID

import psycopg
import pytest

from gateway.database_session import DatabaseSession
from gateway.database_work import DatabaseWork
from gateway.recording.config import RecorderSettings
from gateway.recording.projections import all_projections
from gateway.recording.store import StatusStore
from warren.contracts.ids import new_id
from warren.contracts.status import Status, encode_statuses
from warren.testing.deadline import eventually
from warren.worker.job_run import Run
from warren.worker.reporting import StatusMaker

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]


def set_aside(database: psycopg.Connection[Any], tasks: Any, changes: str) -> None:
    database.execute(f"UPDATE tasks SET {changes} WHERE id = ANY (%s)", [tasks])  # noqa: S608


def test_a_due_task_whose_time_has_passed_expires_and_its_neighbours_are_published(
    accept: Any,
    relaying: Any,
    looking: Any,
    database: psycopg.Connection[Any],
    amqp_url: str,
) -> None:
    # Given tasks of which some had to start by now, with the relay away
    late, timely, free = accept(20), accept(5), accept(5)
    set_aside(database, late, "expires_at = now() - interval '1 second', unique_key = id::text")
    database.execute(
        "INSERT INTO unique_keys (customer_id, kind, key, task_id)"
        " SELECT customer_id, kind, unique_key, id FROM tasks WHERE unique_key IS NOT NULL"
    )
    set_aside(database, timely, "expires_at = now() + interval '1 hour'")

    # When it comes
    with relaying(amqp_url), looking(amqp_url) as queues:
        messages = queues.take(10)

        # Then only the others are published
        assert {m.dispatch.task_id for m in messages} == {*timely, *free}
    rows = database.execute("SELECT id FROM tasks WHERE state = 'expired'").fetchall()
    assert {row[0] for row in rows} == set(late)
    history = database.execute("SELECT DISTINCT type FROM task_history").fetchall()
    assert history == [("task.expired",)]
    # And what follows from an end has followed
    assert database.execute("SELECT 1 FROM unique_keys").fetchall() == []
    assert database.execute("SELECT 1 FROM outbox").fetchall() == []


def test_a_task_that_has_run_before_does_not_expire(
    accept: Any,
    relaying: Any,
    looking: Any,
    database: psycopg.Connection[Any],
    amqp_url: str,
) -> None:
    (task,) = accept()
    set_aside(database, [task], "expires_at = now() - interval '1 hour', started_at = now()")
    with relaying(amqp_url), looking(amqp_url) as queues:
        assert [m.dispatch.task_id for m in queues.take(1)] == [task]


def test_what_a_worker_gave_back_as_too_late_expires(
    accept: Any,
    relaying: Any,
    looking: Any,
    database: psycopg.Connection[Any],
    database_url: str,
    amqp_url: str,
) -> None:
    # Given a task that was published in time, whose worker came too late to start it
    (late,) = accept()
    set_aside(database, [late], "expires_at = now() + interval '1 hour'")
    with relaying(amqp_url), looking(amqp_url) as queues:
        queues.take(1)
        set_aside(database, [late], "expires_at = now()")
        # When the worker says so
        record(database_url, given_back(late))
        # Then the relay ends it when its row is due
        query = "SELECT 1 FROM tasks WHERE state = 'expired'"
        eventually(lambda: database.execute(query).fetchone())
    assert database.execute("SELECT started_at FROM tasks").fetchall() == [(None,)]


def given_back(task: UUID) -> Status:
    run = Run(
        run_id=new_id(),
        task_id=task,
        generation=1,
        dispatch=1,
        attempt=1,
        kind="test.echo",
        version=1,
        customer_id=new_id(),
        payload={},
        repeated=False,
    )
    return StatusMaker("host-1-1").too_late(run)


def record(url: str, status: Status) -> None:
    work = DatabaseWork(DatabaseSession(url, name="test"), threading.Event())
    StatusStore(work, all_projections(RecorderSettings())).record_statuses(
        [encode_statuses([status])]
    )
    work.close()
