"""Cancelling and retrying tasks by a filter, as tasks that the housekeeper runs."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gateway.config import GatewaySettings
from gateway.customers.keys import Scope
from tests.integration.gateway.bulk.waiting import add_tasks, customer_of, result_of, states_of
from warren.contracts.ids import new_id
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]


@pytest.mark.usefixtures("house")
def test_tasks_are_cancelled_by_a_filter_and_others_are_left_alone(
    client: httpx.Client, database: Any
) -> None:
    # Given more waiting tasks than a step takes, a running one, a finished one, and another queue's
    waiting = add_tasks(database, 1_200)
    running = add_tasks(database, 1, state="processing")
    finished = add_tasks(database, 1, state="failed")
    others = add_tasks(database, 3, queue="other.default")
    body = {"filter": {"queue": "test.default"}}

    # When somebody looks how many it would be
    count = client.post("/api/v1/tasks/cancel", params={"dry_run": True}, json=body)

    # Then nothing has happened
    assert count.status_code == 200
    assert count.json() == {
        "count": 1_201,
        "by_state": {"pending": 1_200, "processing": 1},
        "complete": True,
    }
    assert states_of(database, waiting) == {"pending": 1_200}

    # When they are cancelled
    answer = client.post("/api/v1/tasks/cancel", json=body)

    # Then those that waited have ended, the one that runs is told to, and all others stay
    assert result_of(client, answer) == {"changed": 1_201}
    assert states_of(database, waiting) == {"cancelled": 1_200}
    assert states_of(database, running) == {"cancelling": 1}
    assert states_of(database, finished) == {"failed": 1}
    assert states_of(database, others) == {"pending": 3}
    by = database.ask("SELECT DISTINCT cancel_requested_by FROM tasks WHERE id = ANY (%s)", waiting)
    assert by == [(f"task:{answer.json()['task_id']}",)]


@pytest.mark.usefixtures("house")
def test_tasks_are_retried_by_a_filter_failed_ones_unless_it_says_otherwise(
    client: httpx.Client, database: Any
) -> None:
    failed = add_tasks(database, 700, state="failed")
    stopped = add_tasks(database, 2, state="cancelled")
    body: dict[str, Any] = {"filter": {"kind": "test.any"}}

    assert result_of(client, client.post("/api/v1/tasks/retry", json=body))["changed"] == 700

    assert states_of(database, failed) == {"pending": 700}
    assert states_of(database, stopped) == {"cancelled": 2}
    body["filter"]["state"] = ["cancelled", "expired"]
    assert result_of(client, client.post("/api/v1/tasks/retry", json=body))["changed"] == 2


@pytest.mark.usefixtures("house")
def test_everybody_acts_on_their_own_tasks_and_operators_on_all(
    client: httpx.Client,
    gateway_url: str,
    database: Any,
    connect: Callable[[str, str], httpx.Client],
) -> None:
    # Given tasks of a customer and of another one
    owner = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ, Scope.TASKS_WRITE]))
    own = add_tasks(database, 3, customer=customer_of(owner, database))
    others = add_tasks(database, 2)
    body = {"filter": {"kind": "test.any"}}

    # When the customer cancels, Then nobody else's are touched
    assert result_of(owner, owner.post("/api/v1/tasks/cancel", json=body)) == {"changed": 3}
    assert states_of(database, own) == {"cancelled": 3}
    assert states_of(database, others) == {"pending": 2}

    # And naming another one is refused, by whatever way
    body["filter"]["customer_id"] = str(new_id())
    refused = owner.post("/api/v1/tasks/cancel", json=body)
    assert (refused.status_code, refused.json()["scope"]) == (403, "operate")
    kind = {"kind": "api.bulk_cancel", "payload": body}
    assert owner.post("/api/v1/tasks", json=kind).status_code == 404

    # When an operator cancels, Then it is everybody's
    body = {"filter": {"kind": "test.any"}}
    assert result_of(client, client.post("/api/v1/tasks/cancel", json=body)) == {"changed": 2}


@pytest.mark.usefixtures("house")
def test_bulk_actions_are_not_cancelled_by_one_that_does_not_name_them(
    client: httpx.Client, database: Any
) -> None:
    ours = add_tasks(database, 1, kind="api.something")
    body = {"filter": {"state": ["pending"]}}
    assert result_of(client, client.post("/api/v1/tasks/cancel", json=body)) == {"changed": 0}
    assert states_of(database, ours) == {"pending": 1}


@pytest.mark.usefixtures("house")
def test_a_bulk_action_can_be_ended_halfway(client: httpx.Client, database: Any) -> None:
    # Given one that takes a while
    tasks = add_tasks(database, 6_000)
    action = client.post("/api/v1/tasks/cancel", json={"filter": {"kind": "test.any"}}).json()
    urls = action["urls"]
    eventually(lambda: "cancelled" in states_of(database, tasks), within=60)
    # When it is cancelled itself
    assert client.post(urls["cancel"]).status_code in (200, 202)
    # Then it ends, with some done and some not
    eventually(lambda: client.get(urls["status"]).json()["status"] == "cancelled", within=60)
    assert set(states_of(database, tasks)) == {"cancelled", "pending"}


@pytest.mark.parametrize("action", ["cancel", "retry"])
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "filter"),
        ({"filter": {}}, "filter"),
        ({"filter": None}, "filter"),
        ({"filter": "all"}, "filter"),
        ({"filter": {"knd": "tts.synthesize"}}, "filter.knd"),
        ({"filter": {"state": "failed"}}, "filter.state"),
        ({"filter": {"state": []}}, "filter.state"),
        ({"filter": {"state": ["succeeded"]}}, "filter.state[0]"),
        ({"filter": {"customer_id": "me"}}, "filter.customer_id"),
        ({"filter": {"since": "yesterday"}}, "filter.since"),
        ({"filter": {"kind": "a"}, "reason": "because"}, "reason"),
    ],
)
def test_a_bad_filter_is_refused_by_name_and_leaves_nothing_behind(
    client: httpx.Client, database: Any, action: str, body: Any, field: str
) -> None:
    for dry_run in (False, True):
        answer = client.post(f"/api/v1/tasks/{action}", params={"dry_run": dry_run}, json=body)
        assert answer.status_code == 422, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["errors"][0]["field"] == field
    assert database.count("tasks") == 0


@pytest.mark.usefixtures("house")
def test_a_full_backlog_does_not_keep_anybody_from_cancelling_what_fills_it(
    client: httpx.Client,
    database: Any,
    settings: GatewaySettings,
    serve: Callable[[GatewaySettings], str],
    connect: Callable[[str, str], httpx.Client],
) -> None:
    # Given a gateway whose backlog is full
    add_tasks(database, 5, kind="tts.synthesize")
    full = connect(serve(settings.model_copy(update={"backlog_limit": 1})), database.key())
    speech = {"kind": "tts.synthesize", "payload": {"text": "a"}}
    eventually(lambda: full.post("/api/v1/tasks", json=speech).status_code == 503)
    # When it is to be emptied, Then that is accepted
    body = {"filter": {"kind": "tts.synthesize"}}
    assert full.post("/api/v1/tasks/cancel", json=body).status_code == 202
