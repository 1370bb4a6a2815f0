"""A housekeeper that is killed in the middle of a bulk action; another one goes on with it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from tests.integration.gateway.bulk.waiting import add_tasks, result_of, states_of
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

_COUNT = 5_000
_FAIL_AGAIN = """
WITH gone AS (DELETE FROM outbox WHERE task_id = ANY (%s))
UPDATE tasks SET state = 'failed' WHERE id = ANY (%s) AND generation = 2
"""


def _killed_midway(
    client: httpx.Client,
    database: Any,
    start_housekeeper: Callable[[], Any],
    action: str,
    tasks: list[UUID],
) -> httpx.Response:
    """The answer to a bulk action whose housekeeper was killed in the middle of a step."""
    housekeeper = start_housekeeper()
    with psycopg.connect(database.url) as other:
        # Somebody's lock holds that step up.
        other.execute("SELECT FROM tasks WHERE id = %s FOR UPDATE", [tasks[_COUNT // 2]])
        answer = client.post(f"/api/v1/tasks/{action}", json={"filter": {"kind": "test.any"}})
        assert answer.status_code == 202, answer.text
        steps = "SELECT 1 FROM bulk_actions WHERE changed > 0 AND NOT is_finished"
        waits = "SELECT 1 FROM pg_locks WHERE NOT granted"
        eventually(lambda: database.ask(steps) and database.ask(waits), within=90)
        housekeeper.kill()
    ((changed, finished),) = database.ask("SELECT changed, is_finished FROM bulk_actions")
    assert 0 < changed < _COUNT
    assert not finished
    return answer


def _entries(database: Any, type_: str) -> list[tuple[int, int]]:
    """How many tasks have how many entries of this type in their history."""
    query = """
        SELECT entries, count(*) FROM (SELECT count(*) AS entries FROM task_history
            WHERE type = %s GROUP BY task_id) AS tasks GROUP BY 1
    """
    return [tuple(row) for row in database.ask(query, type_)]


def test_after_a_kill_each_task_has_been_cancelled_once(
    client: httpx.Client, database: Any, start_housekeeper: Callable[[], Any]
) -> None:
    tasks = add_tasks(database, _COUNT)
    answer = _killed_midway(client, database, start_housekeeper, "cancel", tasks)

    start_housekeeper()

    assert result_of(client, answer) == {"changed": _COUNT}
    assert states_of(database, tasks) == {"cancelled": _COUNT}
    assert _entries(database, "task.cancelled") == [(1, _COUNT)]


def test_after_a_kill_no_task_is_retried_twice_even_if_it_has_failed_again(
    client: httpx.Client, database: Any, start_housekeeper: Callable[[], Any]
) -> None:
    tasks = add_tasks(database, _COUNT, state="failed")
    answer = _killed_midway(client, database, start_housekeeper, "retry", tasks)
    # Given that what was started again has failed again by the time somebody goes on
    database.ask(_FAIL_AGAIN, tasks, tasks)
    again = states_of(database, tasks)
    assert again == {"failed": _COUNT}

    start_housekeeper()

    # Then each has been started once, and the action knows of all
    assert result_of(client, answer)["changed"] == _COUNT
    generations = database.ask("SELECT DISTINCT generation FROM tasks WHERE id = ANY (%s)", tasks)
    assert generations == [(2,)]
    assert _entries(database, "task.retried") == [(1, _COUNT)]
