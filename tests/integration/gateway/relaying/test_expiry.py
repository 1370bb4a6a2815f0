"""Tasks that nobody started by their time."""

from typing import Any

import psycopg
import pytest

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
