"""A customer is erased with everything that is kept of it, and nothing of others."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from gateway.housekeeping.erasing import closing
from gateway.housekeeping.erasing.closing import tell_nobody
from gateway.tasks import selection_windows
from tests.integration.gateway.bulk.waiting import customer_of
from tests.integration.gateway.hands import hands_on
from tests.integration.gateway.housekeeping.conftest import House
from tests.integration.gateway.housekeeping.erasing.conftest import erase, furnish, left
from tests.integration.gateway.recording.conftest import Statuses
from warren.contracts.ids import new_id
from warren.errors import Unavailable, WarrenError
from warren.testing.deadline import eventually
from warren.testing.worker import FakeContext

pytestmark = pytest.mark.postgres

_WAITS_FOR_A_LOCK = """
SELECT FROM pg_stat_activity WHERE application_name = 'closing' AND wait_event_type = 'Lock'
"""


def said(task: str, what: str, **data: Any) -> bytes:
    """What a worker says of a task of the first generation."""
    return Statuses().make(UUID(task), f"task.{what}", data).model_dump_json().encode()


def test_nothing_of_the_customer_is_left_and_everything_of_others(
    customer: httpx.Client, admin: httpx.Client, customer_id: UUID, house: House
) -> None:
    # Given two customers with things of every sort, one content among them that both have
    other = customer_of(admin, house.database)
    own = house.store.put(b"only theirs").sha256
    ended = furnish(customer, house, customer_id, b"only theirs")
    shared = house.store.put(b"shared").sha256
    for owner in (customer_id, other):
        row, _ = house.artifact(b"shared", 1)
        house.database.ask("UPDATE artifacts SET customer_id = %s WHERE id = %s", owner, row)
    found = left(house.database.url, customer_id)
    assert {"tasks", "artifacts", "books", "schedules", "api_keys", "outbox"} <= found.keys()
    # When one is erased
    report = erase(customer_id)
    # Then nothing is left of it, and the other has what it had
    assert left(house.database.url, customer_id) == {}
    assert (report.keys, report.books, report.artifacts) == (1, 1, 3)
    assert (report.tasks, report.cancelled_tasks) == (5, 4)
    with pytest.raises(WarrenError):
        house.store.read(own)
    assert house.store.get_manifest(UUID(ended), "outcome") is None
    assert house.is_stored(shared)
    assert admin.get("/api/v1/tasks").status_code == 200
    assert "artifacts" in left(house.database.url, other)
    # And the audit knows that it was done
    ((action, target),) = house.database.ask(
        "SELECT action, target FROM audit_entries WHERE action = 'data.erased' ORDER BY id DESC"
        " LIMIT 1"
    )
    assert (action, target) == ("data.erased", f"customer:{customer_id}")


def test_what_runs_ends_first_and_nothing_of_it_comes_back(
    customer: httpx.Client, customer_id: UUID, house: House
) -> None:
    # Given a task that a worker runs
    body = {"kind": "tts.synthesize", "payload": {"text": "x"}}
    task = customer.post("/api/v1/tasks", json=body).json()["task_id"]
    file = {
        "id": str(new_id()),
        "sha256": "a" * 64,
        "size": 1,
        "media_type": "audio/wav",
        "name": "speech.wav",
    }
    success = said(task, "succeeded", result={}, processing_seconds=1, artifacts=[file])
    with hands_on(house.database.url) as hands:
        hands.publish(task)
        # When the customer is erased, Then it is cancelled, and its end is waited for
        with pytest.raises(Unavailable, match="running still"):
            erase(customer_id)
        assert hands.task(task)["state"] == "cancelling"
        hands.record(said(task, "cancelled", processing_seconds=1))
        assert erase(customer_id).tasks == 1
        # And what the worker says afterwards changes nothing
        hands.record(success)
        hands.record(said(task, "processing"))
    assert left(house.database.url, customer_id) == {}
    assert house.database.count("task_history") == 0


def test_all_that_runs_is_cancelled_behind_however_many_tasks_of_others(
    customer: httpx.Client,
    admin: httpx.Client,
    customer_id: UUID,
    house: House,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given more running tasks than one look takes in: of others, and behind them of the customer
    monkeypatch.setattr(selection_windows, "WINDOW", 2)
    monkeypatch.setattr(closing, "_STEP", 2)
    body = {"kind": "tts.synthesize", "payload": {"text": "x"}}
    others, own = (
        [client.post("/api/v1/tasks", json=body).json()["task_id"] for _ in range(3)]
        for client in (admin, customer)
    )
    with hands_on(house.database.url) as hands:
        for task in (*others, *own):
            hands.publish(task)
        # When the customer is erased
        with pytest.raises(Unavailable, match="running still"):
            erase(customer_id)
        # Then all of its tasks are cancelled, and none of the others'
        states = {task: hands.task(task)["state"] for task in (*others, *own)}
    assert {states[task] for task in own} == {"cancelling"}
    assert {states[task] for task in others} == {"processing"}


def test_whoever_holds_a_task_gets_the_secrets_while_the_customer_is_closed(
    customer: httpx.Client, customer_id: UUID, house: House
) -> None:
    # Given a recorder that holds a task, whose end it is about to tell
    body = {"kind": "tts.synthesize", "payload": {"text": "x"}}
    hook = {"url": "https://hooks.example.com/a"}
    customer.post("/api/v1/webhooks/secret").raise_for_status()
    task = customer.post("/api/v1/tasks", json={**body, "webhook": hook}).json()["task_id"]
    with (
        psycopg.connect(house.database.url) as recorder,
        psycopg.connect(house.database.url, application_name="closing") as closer,
        ThreadPoolExecutor(1) as aside,
    ):
        recorder.execute("SELECT FROM tasks WHERE id = %s FOR NO KEY UPDATE", [task])
        # When nobody is to be told of it meanwhile
        closed = aside.submit(tell_nobody, closer, customer_id, [UUID(task)])
        try:
            eventually(lambda: house.database.ask(_WAITS_FOR_A_LOCK))
            # Then the recorder gets what everybody locks after tasks
            found = recorder.execute("SELECT FROM webhook_secrets FOR SHARE NOWAIT").fetchall()
        finally:
            recorder.rollback()
        closed.result(10)
    assert found
    assert house.database.ask("SELECT webhook FROM tasks WHERE id = %s", UUID(task)) == [(None,)]


def test_what_was_written_until_the_keys_went_is_deleted_elsewhere_and_that_is_waited_for(
    customer: httpx.Client, admin: httpx.Client, customer_id: UUID, house: House
) -> None:
    # Given a customer who goes on writing when the erasure was asked for
    path = f"/api/v1/customers/{customer_id}/erase"
    eventually(lambda: admin.post(path).status_code == 422)
    admin.post(path, params={"confirm": "true"}).raise_for_status()
    faq = {"question": "Where?", "answer": "Here."}
    customer.post("/api/v1/mobile-faq", json=faq).raise_for_status()
    house.database.ask("INSERT INTO catalogue_versions VALUES (%s, 7)", customer_id)
    ((last,),) = house.database.ask("SELECT last FROM sync_versions")
    # When it runs, Then it waits for tasks that delete what was written by then
    context = FakeContext()
    for _ in range(2):
        with pytest.raises(Unavailable, match=r"elsewhere is being deleted: .*delete_all"):
            erase(customer_id, context)
    emptying = house.database.ask(
        "SELECT kind, (payload ->> 'desired_version')::int, (payload ->> 'floor')::int FROM tasks"
        " WHERE actor = %s AND state = 'pending' ORDER BY kind",
        f"task:{context.task_id}",
    )
    assert len(emptying) == 4
    assert [version for _, version, _ in emptying if version] == [last + 1]
    assert sorted(floor for _, _, floor in emptying if floor) == [8, 9, 10]
    assert house.database.ask("SELECT max(floor) FROM catalogue_floors") == [(10,)]
    # And when they have failed it is said what is left there
    house.database.ask("DELETE FROM outbox WHERE customer_id = %s", customer_id)
    house.database.ask("UPDATE tasks SET state = 'failed' WHERE customer_id = %s", customer_id)
    kinds = [kind for kind, *_ in emptying]
    assert sorted(erase(customer_id, context).left_elsewhere) == kinds
    assert left(house.database.url, customer_id) == {}
