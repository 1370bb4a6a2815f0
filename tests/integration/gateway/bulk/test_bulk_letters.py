"""Dead letters replayed and discarded by a filter, as tasks that the housekeeper runs."""

from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from tests.integration.gateway.bulk.waiting import result_of
from warren.contracts.ids import new_id

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

_FAILED = """
WITH failed AS (
    INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane, payload, state,
        max_attempts, dispatch, rank)
    SELECT id, %(customer)s, 'key:test', %(kind)s, 1, 'test.default', 'default', '{}', 'failed',
        4, 1, 2
    FROM unnest(%(ids)s::uuid[]) id
)
INSERT INTO dead_letters (id, source, task_id, generation, dispatch, customer_id, kind, version,
    queue, attempts, error, cause, message, message_sha256)
SELECT gen_random_uuid(), 'permanent', id, 1, 1, %(customer)s, %(kind)s, 1, 'test.default', 1,
    '{"type": "Bad", "message": "no"}', 'Bad: no', '', ''
FROM unnest(%(ids)s::uuid[]) id
"""


def _fail(database: Any, count: int, kind: str) -> list[UUID]:
    ids = [new_id() for _ in range(count)]
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(_FAILED, {"ids": ids, "customer": new_id(), "kind": kind})
    return ids


@pytest.mark.usefixtures("house")
def test_letters_are_replayed_and_discarded_by_a_filter(
    client: httpx.Client, database: Any
) -> None:
    database.ask("DELETE FROM dead_letters")
    # Given the dead letters of two kinds, more of one than a step takes
    many, few = _fail(database, 450, "test.many"), _fail(database, 3, "test.few")

    # When those of one kind are replayed
    answer = client.post("/api/v1/dead-letters/replay", json={"filter": {"kind": "test.many"}})

    # Then each of its tasks has a second generation, and only they
    assert result_of(client, answer) == {"resolved": 450}
    query = "SELECT count(*) FROM tasks WHERE id = ANY (%s) AND generation = 2"
    assert database.ask(query, many) == [(450,)]
    assert database.ask(query, few) == [(0,)]
    # And the audit tells who asked for it
    told = client.get("/api/v1/audit", params={"action": "dead_letter.replayed"}).json()["items"]
    assert sum(item["details"]["letters"] for item in told) == 450
    assert {item["actor"].partition(":")[0] for item in told} == {"key"}
    resolved_by = database.ask("SELECT DISTINCT resolved_by FROM dead_letters ORDER BY 1")
    assert resolved_by == [(f"task:{answer.json()['task_id']}",), (None,)]

    # When the others are discarded
    body = {"filter": {"kind": "test.few"}, "reason": "a test"}
    assert result_of(client, client.post("/api/v1/dead-letters/discard", json=body)) == {
        "resolved": 3
    }

    # Then none is open
    query = "SELECT count(*) FROM dead_letters WHERE resolution IS NULL"
    assert database.ask(query) == [(0,)]


@pytest.mark.usefixtures("house")
def test_a_filter_that_means_everything_is_refused(client: httpx.Client) -> None:
    bodies: list[dict[str, Any]] = [{"filter": {}}, {}, {"filter": {"nonsense": 1}}]
    for body in bodies:
        answer = client.post("/api/v1/dead-letters/replay", json=body)
        assert answer.status_code == 422, answer.text
