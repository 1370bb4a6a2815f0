"""A customer is erased with everything that is kept of it, and nothing of others."""

import base64
import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from gateway.customers.keys import Scope
from gateway.housekeeping.erasing import closing, worker
from gateway.housekeeping.erasing.closing import close
from gateway.housekeeping.erasing.emptying import emptying_ids
from gateway.housekeeping.erasing.jobs import EraseCustomer, ErasedCustomer
from gateway.housekeeping.erasing.worker import EraseCustomerWorker
from gateway.reconciling.entities import Domain
from gateway.tasks import selection_windows
from tests.integration.gateway.bulk.waiting import customer_of
from tests.integration.gateway.conftest import SPEECH
from tests.integration.gateway.hands import hands_on
from tests.integration.gateway.housekeeping.conftest import House
from warren.contracts.ids import new_id
from warren.contracts.kinds import Audience, KindDefinition
from warren.contracts.status import parse_status
from warren.errors import JobCancelled, Unavailable, WarrenError
from warren.testing.deadline import eventually
from warren.testing.worker import FakeContext

pytestmark = pytest.mark.postgres

_ERASE = KindDefinition(
    kind=EraseCustomer.kind,
    version=1,
    service="api",
    audience=Audience.INTERNAL,
    payload_schema=EraseCustomer.submission_schema(),
)
_TABLES = """
SELECT table_name FROM information_schema.columns JOIN information_schema.tables
    USING (table_schema, table_name)
WHERE column_name = 'customer_id' AND table_schema = 'public' AND table_type = 'BASE TABLE'
    AND table_name <> 'audit_entries'
"""
#: What the customer is called elsewhere, and what belongs to its things.
_OTHERS = {
    "customers": "SELECT count(*) FROM customers WHERE id = %(id)s",
    "webhook_secrets": "SELECT count(*) FROM webhook_secrets",
    "kept_artifacts": "SELECT count(*) FROM kept_artifacts",
    "book_chapters": "SELECT count(*) FROM book_chapters",
    "schedule_fires": "SELECT count(*) FROM schedule_fires",
}


_WAITS_FOR_A_LOCK = """
SELECT FROM pg_stat_activity WHERE application_name = 'closing' AND wait_event_type = 'Lock'
"""


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, house: House) -> None:
    key = base64.urlsafe_b64encode(os.urandom(32)).decode()
    monkeypatch.setenv("WARREN_SEALING_KEYS", key)
    monkeypatch.setattr(worker, "_KEYS_REMEMBERED", 0)
    monkeypatch.setattr(worker, "_PAUSE", 0)
    house.database.ask("DELETE FROM books")
    house.database.ask("DELETE FROM schedules")
    house.database.ask("DELETE FROM webhook_secrets")
    house.database.ask("DELETE FROM webhook_endpoints")


@pytest.fixture
def customer(
    house: House, gateway_url: str, database: Any, connect: Callable[[str, str], httpx.Client]
) -> httpx.Client:
    database.announce(SPEECH, _ERASE)
    return connect(gateway_url, database.key(scopes=[Scope.TASKS_READ, Scope.TASKS_WRITE]))


@pytest.fixture
def admin(
    gateway_url: str, database: Any, connect: Callable[[str, str], httpx.Client]
) -> httpx.Client:
    return connect(gateway_url, database.key())


@pytest.fixture
def customer_id(customer: httpx.Client, database: Any) -> UUID:
    return customer_of(customer, database)


def furnish(client: httpx.Client, house: House, customer_id: UUID, content: bytes) -> str:
    """Something of every sort; returns the id of an ended task."""
    body = {"kind": "tts.synthesize", "payload": {"text": "x"}}
    waiting = client.post("/api/v1/tasks", json=body, headers={"Idempotency-Key": "k"})
    assert waiting.status_code == 202, waiting.text
    client.post("/api/v1/tasks/batch", json={"items": [body, body]}).raise_for_status()
    client.post("/api/v1/webhooks", json={"url": "https://hooks.example.com/a"}).raise_for_status()
    daily = {"name": "daily", "cron": "0 3 * * *", **body}
    client.post("/api/v1/schedules", json=daily).raise_for_status()
    ended = house.task(1, state="failed")
    house.store.put_manifest(ended, "outcome", {"result": {"text": "x"}})
    house.database.ask("UPDATE tasks SET customer_id = %s WHERE id = %s", customer_id, ended)
    for task in (ended, None):
        row, _ = house.artifact(content, 1, task)
        house.database.ask("UPDATE artifacts SET customer_id = %s WHERE id = %s", customer_id, row)
    book = uuid4()
    house.database.ask(
        "INSERT INTO books (id, customer_id, format, file_name, file_id, options, state, task_id)"
        " VALUES (%s, %s, 'text', 'b.txt', %s, '{}', 'processed', %s)",
        book,
        customer_id,
        row,
        ended,
    )
    house.database.ask("INSERT INTO kept_artifacts VALUES (%s, %s)", row, book)
    house.database.ask(
        "INSERT INTO generated_images (id, customer_id, task_id, kind, book_id, keep, provider,"
        " width, height, seconds) SELECT id, customer_id, task_id, 'image.generate', %s, true,"
        " 'procedural', 64, 64, 2 FROM artifacts WHERE task_id = %s",
        book,
        ended,
    )
    return str(ended)


def left(url: str, customer_id: UUID) -> dict[str, int]:
    """Rows that the customer has, by table, but for none."""
    with psycopg.connect(url, autocommit=True) as connection:
        tables = {name for (name,) in connection.execute(_TABLES)}
        queries = {
            name: f'SELECT count(*) FROM "{name}" WHERE customer_id = %(id)s'  # noqa: S608 -- ours
            for name in tables
        } | _OTHERS
        counts = {
            name: connection.execute(query, {"id": customer_id}).fetchall()[0][0]
            for name, query in queries.items()
        }
    return {name: count for name, count in counts.items() if count}


def erase(customer_id: UUID, context: FakeContext | None = None) -> ErasedCustomer:
    wanted = EraseCustomer(customer_id=customer_id)
    return EraseCustomerWorker().perform(wanted, context or FakeContext())


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


def said(task: str, what: str, **data: Any) -> bytes:
    """What a worker says of a task of the first generation."""
    status = {
        "id": new_id(),
        "type": f"task.{what}",
        "task_id": task,
        "generation": 1,
        "dispatch": 1,
        "attempt": 1,
        "run_id": new_id(),
        "incarnation": "host-1-1",
        "at": datetime.now(UTC),
        "data": data,
    }
    return parse_status(status).model_dump_json().encode()


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
        # When the customer is closed meanwhile
        closed = aside.submit(close, closer, customer_id)
        try:
            eventually(lambda: house.database.ask(_WAITS_FOR_A_LOCK))
            # Then the recorder gets what everybody locks after tasks
            found = recorder.execute("SELECT FROM webhook_secrets FOR SHARE NOWAIT").fetchall()
        finally:
            recorder.rollback()
        assert closed.result(10) == 1
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


class _Died(Exception):
    """What a killed process stands for: nothing of the run is left but what it has committed."""


def test_a_run_that_dies_before_the_contents_go_leaves_them_to_the_next_one(
    customer: httpx.Client, customer_id: UUID, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(customer, house, customer_id, b"only theirs")
    own = house.store.put(b"only theirs").sha256

    def die(*_: Any) -> None:
        raise _Died

    with monkeypatch.context() as patched:
        # Given a run that has erased the rows, and dies
        patched.setattr(worker, "erase_contents", die)
        with pytest.raises(_Died):
            erase(customer_id)
    assert house.is_stored(own)
    assert house.database.ask("SELECT FROM artifacts WHERE customer_id = %s", customer_id) == []
    # When the next one goes on, Then the content is not even in the trash
    erase(customer_id)
    with pytest.raises(WarrenError):
        house.store.read(own)
    assert house.store.restore(own) is False
    assert house.database.count("discarded_contents") == 0


def test_what_is_left_elsewhere_is_known_after_a_run_that_died(
    customer: httpx.Client, customer_id: UUID, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given that the chatbot has failed, and a run that has erased the tasks, and dies
    furnish(customer, house, customer_id, b"only theirs")
    context = FakeContext()
    emptying = emptying_ids(context.task_id)[Domain.DOCUMENTS]
    house.database.ask(
        "UPDATE tasks SET id = %s, customer_id = %s WHERE id = %s",
        emptying,
        customer_id,
        house.task(1, state="failed", kind="chatbot.empty"),
    )

    def die(_: Any) -> None:
        raise _Died

    with monkeypatch.context() as patched:
        patched.setattr(worker.Erasing, "erase_files", die)
        with pytest.raises(_Died):
            erase(customer_id, context)
    assert house.database.ask("SELECT id FROM tasks") == [(emptying,)]
    # When the next one goes on, Then it still says so, and nothing stays
    report = erase(customer_id, context)
    assert (report.left_elsewhere, report.tasks) == (["chatbot.empty"], 1)
    assert left(house.database.url, customer_id) == {}


def test_an_upload_that_ends_after_its_customer_was_erased_brings_nothing_back(
    customer: httpx.Client, customer_id: UUID, house: House
) -> None:
    def content() -> Iterator[bytes]:
        # Given an upload that has begun when the customer is erased
        yield b"begun"
        erase(customer_id)
        yield b" before"

    answer = customer.post("/api/v1/artifacts", content=content())

    assert answer.status_code == 401, answer.text
    assert left(house.database.url, customer_id) == {}
    # And its content is noted to go with the next cleaning, past the trash
    ((sha256, goes_at_once),) = house.database.ask(
        "SELECT sha256, noted_at = '-infinity' FROM discarded_contents"
    )
    assert (sha256, goes_at_once) == (hashlib.sha256(b"begun before").hexdigest(), True)


def test_a_file_that_comes_while_the_customer_is_erased_is_erased_by_the_next_run(
    customer: httpx.Client, customer_id: UUID, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = house.artifact(b"late", 1)[0]

    def upload(*_: Any) -> None:
        house.database.ask("UPDATE artifacts SET customer_id = %s", customer_id)

    with monkeypatch.context() as patched:
        # Given that the file comes when all others have gone
        patched.setattr(worker, "erase_contents", upload)
        with pytest.raises(Unavailable, match="came meanwhile"):
            erase(customer_id)
    erase(customer_id)
    assert not house.has_row(late)
    assert left(house.database.url, customer_id) == {}


def test_a_second_run_waits_for_gateways_to_forget_the_keys_too(
    customer_id: UUID, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(worker, "_KEYS_REMEMBERED", 6.0)
    monkeypatch.setattr(worker.Erasing, "_pause", staticmethod(waited.append))
    # Given a first run that has taken the keys, and died
    house.database.ask("DELETE FROM api_keys WHERE customer_id = %s", customer_id)

    erase(customer_id)

    assert waited[0] == 6.0


def test_what_could_not_be_recorded_of_its_tasks_goes_too(
    customer: httpx.Client, customer_id: UUID, house: House
) -> None:
    house.database.ask("DELETE FROM quarantined_status")
    own, other = house.task(1), house.task(1)
    house.database.ask("UPDATE tasks SET customer_id = %s WHERE id = %s", customer_id, own)
    bodies = [f'{{"task_id": "{own}", "data": "secret'.encode(), f"\xff\x00 {other}".encode()]
    for body in [*bodies, f"customer {customer_id}".encode(), b"of nobody"]:
        house.database.ask(
            "INSERT INTO quarantined_status (queue, body, error) VALUES ('q', %s, 'bad')", body
        )

    erase(customer_id)

    kept = house.database.ask("SELECT body FROM quarantined_status ORDER BY id")
    assert [bytes(body) for (body,) in kept] == [bodies[1], b"of nobody"]


def test_it_can_be_aborted_between_two_steps(customer_id: UUID, house: House) -> None:
    task = house.task(1)
    house.database.ask("UPDATE tasks SET customer_id = %s", customer_id)

    class Aborted(FakeContext):
        def check_cancelled(self) -> None:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        EraseCustomerWorker().perform(EraseCustomer(customer_id=customer_id), Aborted())

    assert house.database.ask("SELECT id FROM tasks") == [(task,)]
    assert left(house.database.url, customer_id)["api_keys"] == 1


def test_an_administrator_asks_for_it_and_follows_the_task(
    customer: httpx.Client, admin: httpx.Client, customer_id: UUID, house: House
) -> None:
    path = f"/api/v1/customers/{customer_id}/erase"
    eventually(lambda: admin.post(path).status_code == 422)
    answer = admin.post(path, params={"confirm": "true"})

    assert answer.status_code == 202, answer.text
    task = admin.get(f"/api/v1/tasks/{answer.json()['task_id']}").json()
    assert (task["kind"], task["lane"]) == ("api.erase_customer", "default")
    assert task["payload"]["customer_id"] == str(customer_id)
    # And the audit says who asked, once, before anything has gone
    (told,) = admin.get("/api/v1/audit", params={"target": f"customer:{customer_id}"}).json()[
        "items"
    ]
    assert (told["action"], told["actor"]) == ("data.erasure_requested", task["actor"])
    assert told["details"] == {"task_id": task["task_id"]}


@pytest.mark.parametrize("who", ["operator", "own", "nobody"])
def test_it_is_refused(
    customer_id: UUID,
    admin: httpx.Client,
    database: Any,
    gateway_url: str,
    connect: Callable[[str, str], httpx.Client],
    who: str,
) -> None:
    operator = connect(gateway_url, database.key(scopes=[Scope.TASKS_WRITE, Scope.OPERATE]))
    whom = {"operator": customer_id, "own": customer_of(admin, database), "nobody": uuid4()}[who]
    client = operator if who == "operator" else admin

    answer = client.post(f"/api/v1/customers/{whom}/erase", params={"confirm": "true"})

    assert answer.status_code == {"operator": 403, "own": 409, "nobody": 404}[who]


def test_nobody_can_submit_it_as_a_task(admin: httpx.Client, customer_id: UUID) -> None:
    body = {"kind": "api.erase_customer", "payload": {"customer_id": str(customer_id)}}

    assert admin.post("/api/v1/tasks", json=body).status_code == 404
