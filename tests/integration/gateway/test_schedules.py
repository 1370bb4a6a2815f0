"""Schedules over HTTP: made, seen, changed, switched, run and deleted."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from gateway.customers.keys import Scope
from gateway.customers.system import SYSTEM_CUSTOMER
from gateway.recording.control import Said, record_control
from gateway.scheduling import changing
from gateway.scheduling.announced import announced_id
from warren.contracts.kinds import Announcement, Audience, KindDefinition, KindSchedule
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres
URL = "/api/v1/schedules"
NIGHTLY: dict[str, Any] = {
    "kind": "tts.synthesize",
    "payload": {"text": "Good night"},
    "cron": "0 2 * * *",
}
CUSTOMER = [Scope.TASKS_READ, Scope.TASKS_WRITE]
_WAITS_FOR_A_LOCK = """
SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
CLEAN = KindDefinition(
    kind="test.clean",
    version=1,
    service="test",
    audience=Audience.INTERNAL,
    payload_schema={"type": "object"},
    schedule=KindSchedule(cron="0 3 * * *", payload={"days_old": 30}),
)


@pytest.fixture
def customer(
    gateway_url: str, database: Any, connect: Callable[[str, str], httpx.Client]
) -> httpx.Client:
    """Somebody who is no operator."""
    database.ask("DELETE FROM schedules")
    return connect(gateway_url, database.key(scopes=CUSTOMER))


@pytest.fixture
def operator(customer: httpx.Client, client: httpx.Client) -> httpx.Client:
    return client


@pytest.fixture
def announced(database: Any, customer: httpx.Client) -> str:
    """The name of a schedule that a worker announces."""
    said = Announcement(service="test", release="1.0", incarnation="x", kinds=[CLEAN])
    with psycopg.connect(database.url, autocommit=True) as connection:
        record_control(connection, [Said(said, b"")])
    return CLEAN.kind


def _fields(answer: httpx.Response) -> list[str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return [error["field"] for error in answer.json().get("errors", [])]


def test_a_schedule_is_made_and_says_when_it_runs(customer: httpx.Client) -> None:
    # When one is made with all that it can have
    answer = customer.post(
        URL,
        json={
            **NIGHTLY,
            "name": "good-night",
            "timezone": "Europe/Berlin",
            "missed": "catch_up",
            "jitter_seconds": 30,
            "lane": "low",
            "tags": ["nightly"],
            "metadata": {"for": "all"},
            "user_id": "u1",
        },
    )
    # Then it is there under its id and its name, and knows its next time
    assert answer.status_code == 201, answer.text
    view = answer.json()
    assert answer.headers["location"] == f"{URL}/{view['id']}"
    assert (
        customer.get(f"{URL}/good-night").json()
        == view
        == customer.get(f"{URL}/{view['id']}").json()
    )
    assert customer.get(URL).json() == {"items": [view], "next_cursor": None}
    next_run = datetime.fromisoformat(view["next_run_at"])
    assert timedelta(0) < next_run - datetime.now(UTC) <= timedelta(hours=25, seconds=30)
    assert (view["source"], view["enabled"], view["missed"]) == ("created", True, "catch_up")
    assert (view["lane"], view["tags"], view["metadata"]) == ("low", ["nightly"], {"for": "all"})
    assert (view["last_run_at"], view["last_task_id"], view["refusal"]) == (None, None, None)


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"cron": "0 2 * *"}, 422, "cron"),
        ({"cron": "0 25 * * *"}, 422, "cron"),
        ({"cron": "0 0 30 2 *"}, 422, "cron"),
        ({"cron": None}, 422, "cron"),
        ({"cron": 5}, 422, "cron"),
        ({"timezone": "Mars/Olympus"}, 422, "timezone"),
        ({"missed": "skip"}, 422, "missed"),
        ({"jitter_seconds": -1}, 422, "jitter_seconds"),
        ({"jitter_seconds": 90_000}, 422, "jitter_seconds"),
        ({"enabled": "yes"}, 422, "enabled"),
        ({"name": "good night"}, 422, "name"),
        ({"kind": None}, 422, "kind"),
        ({"kind": "tts.nothing"}, 404, "kind"),
        ({"payload": {}}, 422, "payload.text"),
        ({"payload": {"text": "a", "spede": 2}}, 422, "payload.spede"),
        ({"payload": {"text": "a" * 70_000}}, 413, "payload.text"),
        ({"lane": "critical"}, 403, "lane"),
        ({"lane": "probe"}, 422, "lane"),
        ({"tags": [""]}, 422, "tags[0]"),
        ({"run_at": "2030-01-01T00:00:00Z"}, 422, "run_at"),
        ({"unique_key": "a"}, 422, "unique_key"),
    ],
)
def test_a_bad_schedule_is_refused_with_the_field_named(
    customer: httpx.Client, database: Any, wrong: dict[str, Any], status: int, field: str
) -> None:
    answer = customer.post(URL, json={**NIGHTLY, **wrong})

    assert (answer.status_code, _fields(answer)) == (status, [field]), answer.text
    assert database.count("schedules") == 0


def test_the_same_request_makes_one_schedule(customer: httpx.Client, database: Any) -> None:
    headers = {"Idempotency-Key": "once"}

    answers = [customer.post(URL, json=NIGHTLY, headers=headers) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert database.count("schedules") == 1


def test_many_made_at_once_are_no_more_than_a_customer_may_have(
    customer: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changing, "_MOST", 3)
    with ThreadPoolExecutor(8) as threads:
        codes = list(threads.map(lambda _: customer.post(URL, json=NIGHTLY).status_code, range(16)))

    assert sorted(codes) == [201] * 3 + [409] * 13
    assert len(customer.get(URL).json()["items"]) == 3


def test_a_name_belongs_to_one_schedule_of_a_customer(
    customer: httpx.Client, operator: httpx.Client
) -> None:
    assert customer.post(URL, json={**NIGHTLY, "name": "mine"}).status_code == 201
    again = customer.post(URL, json={**NIGHTLY, "name": "mine"})
    assert (again.status_code, again.json()["type"]) == (409, "urn:warren:problem:schedule-exists")
    assert operator.post(URL, json={**NIGHTLY, "name": "mine"}).status_code == 201


def test_nobody_sees_or_touches_another_s_schedule(
    customer: httpx.Client,
    gateway_url: str,
    database: Any,
    connect: Callable[[str, str], httpx.Client],
) -> None:
    made = customer.post(URL, json={**NIGHTLY, "name": "mine"}).json()
    stranger = connect(gateway_url, database.key(scopes=CUSTOMER))

    for reference in (made["id"], "mine"):
        path = f"{URL}/{reference}"
        assert stranger.get(path).status_code == 404
        assert stranger.patch(path, json={"enabled": False}).status_code == 404
        assert stranger.delete(path).status_code == 404
        assert stranger.post(f"{path}/run").status_code == 404
    assert stranger.get(URL).json()["items"] == []
    assert customer.get(f"{URL}/mine").json() == made


def test_a_list_has_pages(customer: httpx.Client) -> None:
    names = [f"s{number}" for number in range(5)]
    for name in names:
        customer.post(URL, json={**NIGHTLY, "name": name})

    first = customer.get(URL, params={"limit": 3}).json()
    second = customer.get(URL, params={"limit": 3, "cursor": first["next_cursor"]}).json()

    assert [item["name"] for item in first["items"] + second["items"]] == names
    assert second["next_cursor"] is None
    assert customer.get(URL, params={"kind": "tts.other"}).json()["items"] == []
    assert customer.get(URL, params={"cursor": "x"}).status_code == 400


def test_a_change_says_what_it_changes_and_leaves_the_rest(customer: httpx.Client) -> None:
    before = customer.post(URL, json={**NIGHTLY, "name": "mine", "tags": ["a"]}).json()

    after = customer.patch(
        f"{URL}/mine", json={"cron": "*/5 * * * *", "payload": {"text": "Hello"}}
    ).json()

    assert after["payload"] == {"text": "Hello"}
    assert (after["tags"], after["id"], after["kind"]) == (["a"], before["id"], before["kind"])
    next_run = datetime.fromisoformat(after["next_run_at"])
    assert next_run - datetime.now(UTC) <= timedelta(minutes=5)


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"cron": "never"}, 422, "cron"),
        ({"payload": {}}, 422, "payload.text"),
        ({"kind": "tts.other"}, 422, "kind"),
        ({"name": "other"}, 422, "name"),
        ({"next_run_at": "now"}, 422, "next_run_at"),
    ],
)
def test_a_bad_change_changes_nothing(
    customer: httpx.Client, wrong: dict[str, Any], status: int, field: str
) -> None:
    before = customer.post(URL, json={**NIGHTLY, "name": "mine"}).json()

    answer = customer.patch(f"{URL}/mine", json={"enabled": False, **wrong})

    assert (answer.status_code, _fields(answer)) == (status, [field]), answer.text
    assert customer.get(f"{URL}/mine").json() == before


def test_what_was_missed_while_it_was_disabled_is_not_made_up_for(
    customer: httpx.Client, database: Any
) -> None:
    # Given a schedule that was disabled when some of its times passed
    customer.post(URL, json={**NIGHTLY, "name": "mine"})
    assert customer.patch(f"{URL}/mine", json={"enabled": False}).json()["next_run_at"] is None
    database.ask("UPDATE schedules SET next_due_at = now() - interval '3 days', fire_at = now()")
    # When it is enabled
    view = customer.patch(f"{URL}/mine", json={"enabled": True}).json()
    # Then it waits for its next time
    assert datetime.fromisoformat(view["next_run_at"]) > datetime.now(UTC)


def test_a_time_that_is_overdue_outlives_a_change(customer: httpx.Client, database: Any) -> None:
    # Given a schedule one of whose times no scheduler has fired so far
    customer.post(URL, json={**NIGHTLY, "name": "mine"})
    database.ask(
        "UPDATE schedules SET next_due_at = date_trunc('minute', now() - interval '1 hour'),"
        " fire_at = now()"
    )
    ((due,),) = database.ask("SELECT next_due_at FROM schedules")
    # When its cron changes, then that time is still due
    customer.patch(f"{URL}/mine", json={"cron": "0 5 * * *"})
    assert database.ask("SELECT next_due_at FROM schedules") == [(due,)]


def test_running_now_is_a_task_of_the_owner_s(customer: httpx.Client, database: Any) -> None:
    # Given a disabled schedule
    customer.post(URL, json={**NIGHTLY, "name": "mine", "enabled": False, "lane": "low"})
    # When it is run, twice by the same request
    headers = {"Idempotency-Key": "run once"}
    answers = [customer.post(f"{URL}/mine/run", headers=headers) for _ in range(2)]
    # Then there is one task, like any other
    assert [answer.status_code for answer in answers] == [202, 202]
    task = customer.get(answers[0].headers["location"]).json()
    assert (task["kind"], task["payload"], task["lane"], task["status"]) == (
        *("tts.synthesize", {"text": "Good night"}, "low", "pending"),
    )
    assert database.count("tasks") == 1
    # And it is the schedule's last one; no due time was fired
    view = customer.get(f"{URL}/mine").json()
    assert (view["last_task_id"], view["last_task_status"]) == (task["task_id"], "pending")
    assert (view["last_due_at"], view["next_run_at"]) == (None, None)
    assert view["last_run_at"] is not None


def test_a_schedule_that_is_deleted_while_it_is_run_makes_no_task(
    customer: httpx.Client, database: Any
) -> None:
    customer.post(URL, json={**NIGHTLY, "name": "mine"}).raise_for_status()
    with psycopg.connect(database.url) as eraser, ThreadPoolExecutor(1) as aside:
        # Given that somebody is deleting it
        eraser.execute("DELETE FROM schedules WHERE name = 'mine'")
        # When it is run
        answer = aside.submit(customer.post, f"{URL}/mine/run")
        eventually(lambda: database.ask(_WAITS_FOR_A_LOCK))
        eraser.commit()
        # Then that is waited for, and nothing is made
        assert answer.result(5).status_code == 404
    assert database.count("tasks") == 0


def test_a_deleted_schedule_leaves_its_tasks(customer: httpx.Client, database: Any) -> None:
    customer.post(URL, json={**NIGHTLY, "name": "mine"})
    customer.post(f"{URL}/mine/run")

    assert customer.delete(f"{URL}/mine").status_code == 204

    assert customer.get(f"{URL}/mine").status_code == 404
    assert customer.delete(f"{URL}/mine").status_code == 404
    assert (database.count("schedules"), database.count("tasks")) == (0, 1)


def test_operators_see_and_switch_what_workers_announce(
    announced: str, customer: httpx.Client, operator: httpx.Client
) -> None:
    view = operator.get(f"{URL}/{announced}").json()
    assert UUID(view["id"]) == announced_id(announced)
    assert (view["source"], view["release"], view["cron"]) == ("announced", "1.0", "0 3 * * *")
    assert view["payload"] == {"days_old": 30}
    assert operator.patch(f"{URL}/{announced}", json={"enabled": False}).json()["enabled"] is False
    # But what the worker's class says stays as it is, and it cannot be deleted
    refused = operator.patch(f"{URL}/{announced}", json={"enabled": True, "cron": "* * * * *"})
    assert (refused.status_code, _fields(refused)) == (422, ["cron"])
    assert operator.get(f"{URL}/{announced}").json()["enabled"] is False
    assert operator.delete(f"{URL}/{announced}").status_code == 409
    # And for others it does not exist
    assert customer.get(f"{URL}/{announced}").status_code == 404
    assert customer.get(URL).json()["items"] == []


def test_operators_run_what_workers_announce(
    announced: str, operator: httpx.Client, database: Any
) -> None:
    def run() -> httpx.Response | None:
        answer = operator.post(f"{URL}/{announced}/run")
        return answer if answer.status_code == 202 else None

    # The gateway reads the catalogue once a second.
    answer = eventually(run)

    ((customer_id, payload, actor),) = database.ask("SELECT customer_id, payload, actor FROM tasks")
    assert (customer_id, payload) == (SYSTEM_CUSTOMER, {"days_old": 30})
    assert actor.startswith("key:")
    assert operator.get(answer.headers["location"]).json()["kind"] == CLEAN.kind


def test_a_key_that_only_reads_changes_nothing(
    customer: httpx.Client,
    gateway_url: str,
    database: Any,
    connect: Callable[[str, str], httpx.Client],
) -> None:
    reader = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ]))
    assert reader.get(URL).status_code == 200
    assert reader.post(URL, json=NIGHTLY).status_code == 403
