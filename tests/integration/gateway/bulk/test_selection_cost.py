"""Looking for tasks costs the same however many there are: each statement reads a few ranges."""

from collections.abc import Callable
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest

from gateway.tasks.selection import CancelFilter, ListFilter, RetryFilter, TaskFilter
from gateway.tasks.selection_windows import WINDOW, choosing, counting, window_values
from warren.contracts.states import TaskState

pytestmark = pytest.mark.postgres

MANY = 200_000
_FIRST, _LAST = UUID(int=0), UUID(int=(1 << 128) - 1)
_CUSTOMER = UUID(int=3)
# Over a week and a half, of ten customers; every tenth task has not ended.
_FILL = """
WITH made AS (
    INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane, payload, state,
        max_attempts)
    SELECT uuidv7(-interval '1 s' * n), lpad((n %% 10)::text, 32, '0')::uuid, 'key:test',
        'test.echo', 1, 'test.default', 'default', '{"text": "as long as a short text may be"}',
        CASE WHEN n %% 10 = 0 THEN 'pending' ELSE 'succeeded' END, 4
    FROM generate_series(1, %(count)s) AS n
    RETURNING *
)
INSERT INTO outbox (task_id, generation, dispatch, attempt, kind, version, queue, customer_id)
SELECT id, 1, 1, 1, kind, version, queue, customer_id FROM made WHERE state = 'pending'
"""

_IN_PLACE = """
SELECT coalesce(sum(n_tup_hot_upd), 0) FROM pg_stat_user_tables WHERE relname ~ '^tasks_[0-9]'
"""


@pytest.fixture(scope="module")
def filled(module_database_url: str) -> str:
    """The address of a database with many tasks, of whose statistics the planner knows."""
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        connection.execute(_FILL, {"count": MANY})
        connection.execute("VACUUM ANALYZE tasks, outbox, in_flight")
    return module_database_url


def _cost(url: str, query: LiteralString, values: dict[str, Any]) -> tuple[int, float]:
    """Pages that a statement touches, and its milliseconds."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET jit = off")
        explained = connection.execute(
            "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + query, values
        ).fetchall()[0][0][0]
    plan = explained["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], explained["Execution Time"]


@pytest.mark.parametrize(
    "chosen",
    [
        ListFilter(),
        ListFilter(kind="test.nothing"),
        ListFilter(state=[TaskState.FAILED]),
        ListFilter(state=[TaskState.FAILED], customer_id=_CUSTOMER),
        ListFilter(state=[TaskState.PROCESSING]),
        ListFilter(state=[TaskState.PENDING], customer_id=_CUSTOMER),
        CancelFilter(queue="test.default"),
        CancelFilter(queue="other.default"),
        RetryFilter(kind="test.nothing"),
    ],
    ids=lambda chosen: f"{type(chosen).__name__}-{','.join(sorted(chosen.model_fields_set))}",
)
@pytest.mark.parametrize("build", [choosing, counting])
def test_a_window_reads_so_many_rows_and_no_more(
    filled: str, chosen: TaskFilter, build: Callable[[TaskFilter], LiteralString]
) -> None:
    pages, took = _cost(filled, build(chosen), window_values(chosen, _FIRST, _LAST, limit=50))
    # A look-up by id is some four pages, and the waiting rows are at most looked through.
    assert pages < 5 * WINDOW + MANY // 20, f"{pages} pages in {took:.1f} ms"


@pytest.mark.parametrize(
    "chosen",
    [
        ListFilter(kind="test.nothing"),
        ListFilter(kind="test.nothing", customer_id=_CUSTOMER),
        ListFilter(kind="test.echo", state=[TaskState.FAILED]),
        ListFilter(state=[TaskState.FAILED, TaskState.EXPIRED], customer_id=_CUSTOMER),
        ListFilter(error="VoiceNotFound"),
        ListFilter(user_id="nobody"),
        ListFilter(parent_id=_CUSTOMER),
        ListFilter(id=_CUSTOMER),
        RetryFilter(kind="test.echo"),
    ],
    ids=lambda chosen: f"{type(chosen).__name__}-{','.join(sorted(chosen.model_fields_set))}",
)
def test_what_is_rare_is_not_looked_for_among_all(filled: str, chosen: TaskFilter) -> None:
    query = choosing(chosen, newest_first=True)
    pages, took = _cost(filled, query, window_values(chosen, _FIRST, _LAST, limit=50))
    # The root of the index of each of some twenty weeks.
    assert pages < 200, f"{pages} pages in {took:.1f} ms"


@pytest.mark.parametrize(
    "chosen",
    [ListFilter(kind="test.echo"), ListFilter(kind="test.echo", customer_id=_CUSTOMER)],
    ids=["kind", "kind,customer_id"],
)
def test_of_what_is_frequent_only_the_newest_are_read(filled: str, chosen: TaskFilter) -> None:
    query = choosing(chosen, newest_first=True)
    values = window_values(chosen, _FIRST, _LAST, limit=50, window=200)
    pages, took = _cost(filled, query, values)
    assert pages < 2_000, f"{pages} pages in {took:.1f} ms"


def test_a_task_that_succeeds_is_updated_in_place(filled: str) -> None:
    with psycopg.connect(filled, autocommit=True) as connection:
        ids = "SELECT id FROM tasks WHERE state = 'pending' ORDER BY id DESC LIMIT 500"
        ((before,),) = connection.execute(_IN_PLACE).fetchall()
        for state in ("processing", "succeeded"):
            connection.execute(
                f"WITH chosen AS ({ids}) UPDATE tasks SET state = %s, rank = rank + 1"  # noqa: S608 -- ours
                " FROM chosen WHERE tasks.id = chosen.id",
                [state],
            )
        connection.execute("SELECT pg_stat_force_next_flush()")
        ((after,),) = connection.execute(_IN_PLACE).fetchall()
    assert after - before >= 500
