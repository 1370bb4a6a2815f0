"""A database that goes away in the middle of a bulk action."""

from typing import Any

import httpx
import psycopg
import pytest

from tests.integration.gateway.bulk.waiting import add_tasks, result_of, states_of
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

_CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'warren-housekeeper-job' AND datname = current_database()
"""


@pytest.mark.usefixtures("house")
def test_a_bulk_action_whose_connection_is_cut_goes_on_where_it_stood(
    client: httpx.Client, database: Any
) -> None:
    # Given one in the middle, held up by somebody's lock
    tasks = add_tasks(database, 3_000)
    with psycopg.connect(database.url) as other:
        other.execute("SELECT FROM tasks WHERE id = %s FOR UPDATE", [tasks[1_500]])
        answer = client.post("/api/v1/tasks/cancel", json={"filter": {"kind": "test.any"}})
        begun = "SELECT 1 FROM bulk_actions WHERE changed > 0"
        waits = "SELECT 1 FROM pg_locks WHERE NOT granted"
        eventually(lambda: database.ask(begun) and database.ask(waits), within=60)
        # When its connection is cut
        assert database.ask(_CUT)
    # Then it waits without spending an attempt, and ends as if nothing had happened
    assert result_of(client, answer) == {"changed": 3_000}
    assert states_of(database, tasks) == {"cancelled": 3_000}
    status = client.get(answer.json()["urls"]["status"]).json()
    assert (status["status"], status["attempt"]) == ("succeeded", 1)
