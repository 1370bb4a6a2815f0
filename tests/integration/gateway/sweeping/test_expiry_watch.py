"""Tasks that had to start by a time, and wait where no relay looks."""

import threading
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from gateway.database_session import DatabaseSession
from gateway.sweeping.every_second import EverySecond
from gateway.sweeping.waiting_expiry import expire_waiting
from warren.contracts.ids import new_id
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres

_WAITING = """
WITH accepted AS (
    INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane, payload, state,
        max_attempts, expires_at)
    SELECT id, %(customer)s, 'key:test', 'test.echo', 1, 'test.default', 'default', '{}',
        'pending', 4, now() + make_interval(secs => %(in)s)
    FROM unnest(%(ids)s::uuid[]) id RETURNING *
)
INSERT INTO outbox (task_id, generation, dispatch, attempt, kind, version, queue, customer_id,
    limit_key, expires_at)
SELECT id, 1, 1, 1, kind, 1, queue, customer_id, '', expires_at FROM accepted
"""


@pytest.fixture
def waiting(database: psycopg.Connection[Any]) -> Any:
    def make(count: int, expires_in: float) -> list[UUID]:
        ids = [new_id() for _ in range(count)]
        database.execute(_WAITING, {"ids": ids, "customer": new_id(), "in": expires_in})
        return ids

    return make


@pytest.fixture
def session(database_url: str) -> Iterator[DatabaseSession]:
    session = DatabaseSession(database_url, name="test")
    yield session
    session.close()


def _states(database: psycopg.Connection[Any], ids: list[UUID]) -> set[str]:
    found = database.execute("SELECT state FROM tasks WHERE id = ANY (%s)", [ids])
    return {row["state"] for row in found}


def test_tasks_of_a_paused_queue_expire_on_time(
    waiting: Any, database: psycopg.Connection[Any], session: DatabaseSession
) -> None:
    # Given a paused queue and no relay, with tasks that must start soon
    database.execute("INSERT INTO queue_controls (queue, paused_at) VALUES ('test.default', now())")
    soon, later = waiting(3, 1.0), waiting(3, 3600)
    stop = threading.Event()
    thread = threading.Thread(target=EverySecond(session).run, args=[stop], daemon=True)

    # When a housekeeper watches
    thread.start()
    try:
        # Then they end as expired, and leave nothing to publish; the others wait
        eventually(lambda: _states(database, soon) == {"expired"}, within=20)
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
    assert _states(database, later) == {"pending"}
    left = database.execute("SELECT task_id FROM outbox").fetchall()
    assert {row["task_id"] for row in left} == set(later)
    notes = database.execute("SELECT type FROM task_history").fetchall()
    assert [note["type"] for note in notes] == ["task.expired"] * 3


def test_more_than_a_batch_expires_in_one_look(
    waiting: Any, database: psycopg.Connection[Any], session: DatabaseSession
) -> None:
    ids = waiting(1201, -1)
    assert expire_waiting(session.connection()) == 1201
    assert _states(database, ids) == {"expired"}


def test_a_task_that_has_run_waits_for_its_next_attempt_and_is_not_looked_at_again(
    waiting: Any, database: psycopg.Connection[Any], session: DatabaseSession
) -> None:
    ids = waiting(2, -1)
    database.execute("UPDATE tasks SET state = 'retrying', started_at = now()")
    assert expire_waiting(session.connection()) == 0
    assert _states(database, ids) == {"retrying"}
    assert database.execute("SELECT 1 FROM outbox WHERE expires_at IS NOT NULL").fetchall() == []


def test_a_task_that_a_dead_relay_may_have_published_is_left_to_workers(
    waiting: Any, database: psycopg.Connection[Any], session: DatabaseSession
) -> None:
    (ghost,), (other,) = waiting(1, -1), waiting(1, -1)
    database.execute("INSERT INTO publish_intents VALUES (%s, %s)", [new_id(), [ghost]])
    assert expire_waiting(session.connection()) == 1
    assert (_states(database, [ghost]), _states(database, [other])) == ({"pending"}, {"expired"})


def test_a_row_issued_again_keeps_the_time_of_its_task(
    waiting: Any, database: psycopg.Connection[Any], session: DatabaseSession
) -> None:
    # Given a task that a worker gave back unstarted, as a recorder writes its next row
    (task,) = waiting(1, -1)
    database.execute("DELETE FROM outbox")
    database.execute(
        "INSERT INTO outbox (task_id, generation, dispatch, attempt, kind, version, queue,"
        " customer_id) SELECT id, 1, 2, 1, kind, 1, queue, customer_id FROM tasks"
    )
    # When the housekeeper looks, Then it ends
    assert expire_waiting(session.connection()) == 1
    assert _states(database, [task]) == {"expired"}
