"""A claim costs the same however many rows wait."""

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from gateway.database_session import DatabaseSession
from gateway.limits.rules import Rules
from gateway.relaying.choosing import choose_rows
from gateway.relaying.claims import queues_with_rows
from gateway.relaying.queue_state import QueueState

pytestmark = pytest.mark.postgres

BIG, SMALL = UUID(int=1), UUID(int=2)
MANY = 1_000_000
_ROWS = """
WITH ids AS (SELECT uuidv7() AS id FROM generate_series(1, %(count)s)),
t AS (INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane, payload, state,
        max_attempts)
    SELECT id, %(customer)s, 'key:test', 'test.echo', 1, 'test.default', 'default', '{}',
        'pending', 4 FROM (SELECT id FROM ids ORDER BY id LIMIT 2000) AS first)
INSERT INTO outbox (task_id, generation, dispatch, attempt, kind, version, queue, customer_id,
    limit_key, available_at)
SELECT id, 1, 1, 1, 'test.echo', 1, 'test.default', %(customer)s, %(limit)s, now() FROM ids
"""


@pytest.fixture
def session(database_url: str) -> Iterator[DatabaseSession]:
    session = DatabaseSession(database_url, name="test-claims")
    yield session
    session.close()


def _fill(database: Any, customer: UUID, count: int, limit: str = "") -> None:
    database.execute(_ROWS, {"customer": customer, "count": count, "limit": limit})


def _claim(session: DatabaseSession) -> dict[UUID, int]:
    """Whose rows a fresh relay would claim for a hundred places; nothing is kept."""
    counts: dict[UUID, int] = {}
    connection = session.connection()
    with connection.transaction(force_rollback=True):
        choice = choose_rows(connection, "test.default", 100, QueueState("q"), Rules())
        for row in choice.rows:
            counts[row.customer_id] = counts.get(row.customer_id, 0) + 1
    return counts


def _milliseconds(work: Callable[[], object]) -> float:
    """The median of some runs."""
    times = []
    for _ in range(15):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)


def test_a_million_rows_of_one_caller_make_no_claim_slower(
    session: DatabaseSession, database: Any
) -> None:
    # Given a thousand rows of one caller, and what a claim and a look at all queues take then
    _fill(database, BIG, 1000)
    few = _milliseconds(lambda: _claim(session))
    look_few = _milliseconds(lambda: queues_with_rows(session.connection()))
    # When the same caller has a million, and another one comes
    _fill(database, BIG, MANY)
    _fill(database, SMALL, 1)
    claimed = _claim(session)
    many = _milliseconds(lambda: _claim(session))
    look_many = _milliseconds(lambda: queues_with_rows(session.connection()))
    # Then the other one's row is in the first claim, and claims take as long as before
    assert (claimed[BIG], claimed[SMALL]) == (50, 1)
    assert many < 3 * few + 5, f"{few:.2f} ms with 1,000 rows, {many:.2f} ms with a million"
    assert look_many < 3 * look_few + 5, f"{look_few:.2f} ms and {look_many:.2f} ms"


def test_a_million_rows_of_one_blocked_key_make_no_claim_slower(
    session: DatabaseSession, database: Any
) -> None:
    # Given a kind of which one may run at a time, and one that runs
    database.execute(
        "INSERT INTO job_kinds (kind, version, service, release, definition) VALUES ('test.echo',"
        """ 1, 'test', '1', '{"concurrency_key": "", "concurrency_limit": 1}')"""
    )
    blocked = "\x1ftest.echo:"
    database.execute(
        "INSERT INTO in_flight (task_id, generation, dispatch, queue, limit_key, started_at)"
        " VALUES (uuidv7(), 1, 1, 'test.default', %s, now())",
        [blocked],
    )
    _fill(database, BIG, 1000, blocked)
    _fill(database, SMALL, 300)
    few = _milliseconds(lambda: _claim(session))
    # When a million rows stand behind the one that runs
    _fill(database, BIG, MANY, blocked)
    claimed = _claim(session)
    many = _milliseconds(lambda: _claim(session))
    # Then the lane goes on past them as it did
    assert claimed == {SMALL: 100}
    assert many < 3 * few + 5, f"{few:.2f} ms with 1,000 rows, {many:.2f} ms with a million"
