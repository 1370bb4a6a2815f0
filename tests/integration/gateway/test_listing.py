"""Lists of tasks."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from gateway.customers.keys import Scope
from gateway.tasks import queries, selection_windows
from tests.integration.gateway.bulk.waiting import add_tasks, customer_of

pytestmark = pytest.mark.postgres


def _ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["task_id"] for item in answer.json()["items"]]


def _walk(client: httpx.Client, **chosen: Any) -> tuple[list[str], int]:
    """All ids that a filter finds, and how many pages that took."""
    found: list[str] = []
    pages, cursor = 0, None
    while pages == 0 or cursor:
        page = client.get(
            "/api/v1/tasks", params={**chosen, **({"cursor": cursor} if cursor else {})}
        )
        found += _ids(page)
        cursor, pages = page.json()["next_cursor"], pages + 1
    return found, pages


def test_tasks_are_listed_newest_first_page_by_page(client: httpx.Client, database: Any) -> None:
    tasks = [str(task) for task in add_tasks(database, 25)]
    found, pages = _walk(client, limit=10)
    assert found == tasks[::-1]
    assert pages == 3


def test_a_task_in_a_list_says_what_is_known_without_its_payload(client: httpx.Client) -> None:
    body = {"kind": "tts.synthesize", "payload": {"text": "a"}, "delay_seconds": 60}
    submitted = client.post("/api/v1/tasks", json=body).json()
    (item,) = client.get("/api/v1/tasks").json()["items"]
    assert item["task_id"] == submitted["task_id"]
    assert (item["kind"], item["queue"], item["status"]) == (
        "tts.synthesize",
        "tts.default",
        "scheduled",
    )
    assert item["next_run_at"] == item["due_at"] is not None
    assert "payload" not in item


def test_all_conditions_of_the_filter_must_hold(client: httpx.Client, database: Any) -> None:
    # Given tasks in several states, kinds and queues
    pending = add_tasks(database, 2, kind="test.a")
    running = add_tasks(database, 1, kind="test.a", state="processing")
    failed = add_tasks(database, 3, kind="test.a", state="failed", queue="test.low")
    add_tasks(database, 1, kind="test.b", state="failed")

    def ids(**chosen: Any) -> set[str]:
        return set(_ids(client.get("/api/v1/tasks", params=chosen)))

    # Then each is found by what is true of it
    assert ids(kind="test.a", state=["pending", "processing"]) == set(map(str, pending + running))
    assert ids(kind="test.a", state="failed") == set(map(str, failed))
    assert ids(queue="test.low") == set(map(str, failed))
    assert ids(queue="test.low", state="pending") == set()
    hour = timedelta(hours=1)
    now = datetime.now(UTC)
    assert len(ids(since=(now - hour).isoformat())) == 7
    assert ids(until=(now - hour).isoformat()) == set()


def test_a_task_whose_time_has_come_is_listed_as_pending(
    client: httpx.Client, database: Any
) -> None:
    (task,) = add_tasks(database, 1)
    database.ask("UPDATE tasks SET state = 'scheduled', due_at = now() WHERE id = %s", task)
    assert _ids(client.get("/api/v1/tasks", params={"state": "pending"})) == [str(task)]
    assert _ids(client.get("/api/v1/tasks", params={"state": "scheduled"})) == []


@pytest.mark.parametrize(("state", "by"), [("failed", "queue"), ("pending", "kind")])
def test_what_stands_far_away_is_found_by_going_on(
    client: httpx.Client, database: Any, monkeypatch: pytest.MonkeyPatch, state: str, by: str
) -> None:
    # Given one task among many, and statements that look at few rows
    rare: dict[str, Any] = {by: "test.rare"}
    (wanted,) = add_tasks(database, 1, state=state, **rare)
    add_tasks(database, 95, state="failed")
    add_tasks(database, 95, state="processing")
    monkeypatch.setattr(selection_windows, "WINDOW", 20)
    monkeypatch.setattr(queries, "PATIENCE", 0)
    # When the list is walked, Then it is found, after pages that were empty
    found, pages = _walk(client, state=state, **rare)
    assert found == [str(wanted)]
    assert pages > 4


def test_callers_see_their_own_tasks_and_operators_all(
    gateway_url: str, database: Any, connect: Callable[[str, str], httpx.Client]
) -> None:
    caller = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ]))
    operator = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ, Scope.OPERATE]))
    customer = customer_of(caller, database)
    own, others = add_tasks(database, 2, customer=customer), add_tasks(database, 2)

    for chosen in ({}, {"state": "pending"}, {"customer_id": str(customer)}):
        assert set(_ids(caller.get("/api/v1/tasks", params=chosen))) == set(map(str, own))
    assert set(_ids(operator.get("/api/v1/tasks"))) == set(map(str, own + others))
    mine = operator.get("/api/v1/tasks", params={"customer_id": str(customer)})
    assert set(_ids(mine)) == set(map(str, own))
    stranger = str(customer_of(operator, database))
    assert caller.get("/api/v1/tasks", params={"customer_id": stranger}).status_code == 403


def test_my_tasks_are_ones_own_also_for_operators(
    gateway_url: str, database: Any, connect: Callable[[str, str], httpx.Client]
) -> None:
    operator = connect(gateway_url, database.key())
    own = add_tasks(database, 3, customer=customer_of(operator, database))
    add_tasks(database, 2)

    first = operator.get("/api/v1/tasks/my-tasks", params={"limit": 2, "state": "pending"})
    cursor = first.json()["next_cursor"]
    rest = operator.get("/api/v1/tasks/my-tasks", params={"cursor": cursor})

    assert _ids(first) + _ids(rest) == [str(task) for task in own[::-1]]


def test_tasks_are_found_by_their_tags(client: httpx.Client) -> None:
    body = {"kind": "tts.synthesize", "payload": {"text": "a"}}
    wanted = client.post("/api/v1/tasks", json={**body, "tags": ["spring", "blue"]}).json()
    client.post("/api/v1/tasks", json={**body, "tags": ["autumn"]})

    for state in ({}, {"state": "pending"}):
        found = client.get("/api/v1/tasks", params={"tag": "blue", **state})
        assert _ids(found) == [wanted["task_id"]]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("the LIGHTHOUSE", 1),
        ('said "no" \\ yes', 1),
        ("100%_", 1),
        ("маяк", 1),
        ("0%_", 1),
        ("%%%", 0),
    ],
)
def test_tasks_are_found_by_words_of_their_payload(
    client: httpx.Client, text: str, count: int
) -> None:
    spoken = 'The lighthouse, маяк: 100%_ sure. He said "no" \\ yes.'
    for words in (spoken, "Another text."):
        body = {"kind": "tts.synthesize", "payload": {"text": words}}
        client.post("/api/v1/tasks", json=body)

    assert len(_ids(client.get("/api/v1/tasks", params={"text": text}))) == count


def test_tasks_are_found_by_words_of_their_errors(client: httpx.Client, database: Any) -> None:
    failed = add_tasks(database, 1, customer=customer_of(client, database), state="failed")
    add_tasks(database, 1, customer=customer_of(client, database), state="failed")
    database.ask(
        'UPDATE tasks SET error = \'{"type": "NoFace", "message": "x"}\' WHERE id = %s',
        failed[0],
    )

    assert _ids(client.get("/api/v1/tasks", params={"text": "noface"})) == [str(failed[0])]


def test_tasks_are_found_by_the_error_that_ended_them(client: httpx.Client, database: Any) -> None:
    # Given two failures, and a payload that has the words of one of them
    customer = customer_of(client, database)
    failed = add_tasks(database, 2, customer=customer, state="failed")
    database.ask(
        'UPDATE tasks SET error = \'{"type": "NoFace", "message": "100%%"}\' WHERE id = %s',
        failed[0],
    )
    body = {"kind": "tts.synthesize", "payload": {"text": "no NoFace here"}}
    client.post("/api/v1/tasks", json=body)
    # Then only the failure is found, also among failed ones, and not among others
    for chosen in ({}, {"state": "failed"}, {"state": ["failed", "expired"]}):
        found = client.get("/api/v1/tasks", params={"error": "noface", **chosen})
        assert _ids(found) == [str(failed[0])]
    assert _ids(client.get("/api/v1/tasks", params={"error": "noface", "state": "pending"})) == []
    assert _ids(client.get("/api/v1/tasks", params={"error": "100%_"})) == []


def test_a_text_is_looked_for_in_the_last_two_weeks(client: httpx.Client, database: Any) -> None:
    customer = customer_of(client, database)
    for age in (13, 15):
        database.ask(
            "INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane, payload, state,"
            " max_attempts) SELECT uuidv7(-make_interval(days => %s)), %s, 'key:test', 'a.b', 1,"
            " 'a.default', 'default', '{\"text\": \"a lighthouse\"}', 'succeeded', 4",
            age,
            customer,
        )
    assert len(_ids(client.get("/api/v1/tasks", params={"text": "lighthouse"}))) == 1
    assert len(_ids(client.get("/api/v1/tasks"))) == 2


def test_ends_of_several_sorts_are_merged_in_order(client: httpx.Client, database: Any) -> None:
    customer = customer_of(client, database)
    states = ("failed", "cancelled", "expired", "failed", "succeeded")
    made = [
        str(add_tasks(database, 1, customer=customer, state=state, kind=f"test.{n % 2}")[0])
        for n, state in enumerate(states)
    ]
    bad = {"state": ["failed", "cancelled", "expired"]}

    found, _ = _walk(client, limit=1, **bad)

    assert found == made[3::-1]
    assert _walk(client, limit=1, kind="test.0", **bad)[0] == [made[2], made[0]]


def test_a_task_that_starts_again_is_found_among_the_failed_no_more(
    client: httpx.Client, database: Any
) -> None:
    (task,) = add_tasks(database, 1, customer=customer_of(client, database), state="failed")
    failed = {"state": "failed"}
    assert _ids(client.get("/api/v1/tasks", params=failed)) == [str(task)]

    assert client.post(f"/api/v1/tasks/{task}/retry").status_code == 202

    assert _ids(client.get("/api/v1/tasks", params=failed)) == []
    assert _ids(client.get("/api/v1/tasks", params={"state": "pending"})) == [str(task)]


def test_tasks_are_found_by_id_user_parent_and_a_former_kind(client: httpx.Client) -> None:
    body = {"kind": "process_tts_request", "payload": {"text": "a"}}
    wanted = client.post("/api/v1/tasks", json={**body, "user_id": "anna"}).json()["task_id"]
    other = client.post("/api/v1/tasks", json={**body, "user_id": "boris"}).json()["task_id"]

    def found(**chosen: str) -> list[str]:
        return _ids(client.get("/api/v1/tasks", params=chosen))

    assert found(id=wanted) == found(user_id="anna") == [wanted]
    assert found(kind="process_tts_request") == found(kind="tts.synthesize") == [other, wanted]
    assert found(parent_id=wanted) == found(id=wanted, user_id="boris") == []


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("state", "done", 422),
        ("error", "ab", 422),
        ("id", "1", 422),
        ("limit", "0", 422),
        ("limit", "501", 422),
        ("text", "ab", 422),
        ("tag", "", 422),
        ("since", "yesterday", 422),
        ("kind", "\x00", 422),
        ("colour", "red", 422),
        ("cursor", "next", 400),
    ],
)
def test_a_bad_parameter_is_refused_by_name(
    client: httpx.Client, name: str, value: str, status: int
) -> None:
    answer = client.get("/api/v1/tasks", params={name: value})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"].startswith(name)


def test_no_address_has_a_character_that_nothing_can_be_called_by(client: httpx.Client) -> None:
    listed = client.get("/api/v1/schedules?kind=%00%C2%9E")
    named = client.get("/api/v1/schedules/a%00b")

    assert (listed.status_code, listed.json()["errors"][0]["field"]) == (422, "kind")
    assert named.status_code == 404
