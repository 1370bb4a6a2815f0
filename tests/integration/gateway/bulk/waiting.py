"""Following a bulk action to its end, and making the tasks that it is about."""

from typing import Any
from uuid import UUID

import httpx
import psycopg

from warren.contracts.ids import new_id
from warren.testing.deadline import eventually

_INSERT = """
WITH made AS (
    INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane, payload, state,
        max_attempts)
    SELECT id, %(customer)s, 'key:test', %(kind)s, 1, %(queue)s, 'default', '{}', %(state)s, 4
    FROM unnest(%(ids)s::uuid[]) id
    RETURNING *
), waiting AS (
    INSERT INTO outbox (task_id, generation, dispatch, attempt, kind, version, queue, customer_id)
    SELECT id, 1, 1, 1, kind, 1, queue, customer_id FROM made WHERE state = 'pending'
)
INSERT INTO in_flight (task_id, generation, dispatch, queue, started_at)
SELECT id, 1, 1, queue, now() FROM made WHERE state = 'processing'
"""


def customer_of(client: httpx.Client, database: Any) -> UUID:
    """Whose key the client has."""
    prefix = client.headers["authorization"].split("_")[1]
    found: UUID = database.ask("SELECT customer_id FROM api_keys WHERE prefix = %s", prefix)[0][0]
    return found


def add_tasks(
    database: Any,
    count: int,
    *,
    customer: UUID | None = None,
    state: str = "pending",
    queue: str = "test.default",
    kind: str = "test.any",
) -> list[UUID]:
    """Tasks of a queue that no relay publishes; each in custody as its state demands."""
    ids = [new_id() for _ in range(count)]
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO queue_controls (queue, paused_at) VALUES (%s, now())"
            " ON CONFLICT DO NOTHING",
            [queue],
        )
        connection.execute(
            _INSERT,
            {
                "ids": ids,
                "customer": customer or new_id(),
                "state": state,
                "queue": queue,
                "kind": kind,
            },
        )
    return ids


def states_of(database: Any, ids: list[UUID]) -> dict[str, int]:
    """How many of these tasks are in which state."""
    query = "SELECT state, count(*) FROM tasks WHERE id = ANY (%s) GROUP BY 1"
    return dict(database.ask(query, ids))


def result_of(client: httpx.Client, answer: httpx.Response) -> dict[str, Any]:
    """What a bulk action that was accepted so has come to."""
    assert answer.status_code == 202, answer.text
    urls = answer.json()["urls"]
    eventually(
        lambda: client.get(urls["result"]).status_code == 200,
        within=120,
        seen=lambda: client.get(urls["status"]).text,
    )
    result: dict[str, Any] = client.get(urls["result"]).json()
    return result
