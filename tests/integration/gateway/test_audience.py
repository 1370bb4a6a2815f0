"""Who may ask for which kind: every kind that a service announces, in every way of asking."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from gateway.aliases import DONE_BY
from gateway.aliases import KINDS as FORMER_NAMES
from gateway.customers.keys import Scope
from gateway.dead_letters.resolving import replay_letters
from gateway.dead_letters.selection import LetterFilter
from gateway.housekeeping.erasing.jobs import EraseCustomer
from gateway.tasks.ending import end_tasks
from warren.contracts.batches import BATCH_KIND
from warren.contracts.endings import failed
from warren.contracts.kinds import Audience, KindDefinition
from warren.contracts.services import installed_services
from warren.testing.deadline import eventually
from warren.worker.catalogue import load_service

pytestmark = pytest.mark.postgres
Connect = Callable[[str, str], httpx.Client]
SPEECH = {"kind": "tts.synthesize", "payload": {"text": "Hello."}}
PREMIUM_ONLY = "urn:warren:problem:lane-not-allowed"
UNKNOWN = "urn:warren:problem:unknown-kind"


@pytest.fixture(scope="module")
def kinds() -> list[KindDefinition]:
    """Of the newest version each."""
    packages = [*installed_services(), "gateway.housekeeping"]
    found = [kind for name in packages for kind in load_service(name).definitions()]
    return list({kind.kind: kind for kind in sorted(found, key=lambda k: k.version)}.values())


@pytest.fixture
def announced(database: Any, client: httpx.Client, kinds: list[KindDefinition]) -> None:
    database.announce(*kinds)
    public = {kind.kind for kind in kinds if kind.audience is Audience.PUBLIC}
    eventually(lambda: public <= _listed(client), within=10)


def _listed(client: httpx.Client) -> set[str]:
    return {kind["kind"] for kind in client.get("/api/v1/kinds").json()["items"]}


def ways(client: httpx.Client, item: dict[str, Any]) -> Iterator[tuple[str, httpx.Response]]:
    """The same task, asked for in every way there is; beside it one that is all right."""
    named = f"of.{item['kind']}.{item.get('lane')}"
    opened = client.post("/api/v1/batches", json={"items": [SPEECH], "total": 3}).json()
    bodies: dict[str, dict[str, Any]] = {
        "/api/v1/tasks": item,
        "/api/v1/tasks/batch": {"items": [SPEECH, item]},
        "/api/v1/tasks/batch?batch=false": {"items": [item, SPEECH]},
        "/api/v1/batches": {"items": [SPEECH, item]},
        "/api/v1/batches?": {"items": [SPEECH], "on_complete": item},
        f"/api/v1/batches/{opened['task_id']}/members": {"items": [item], "offset": 1},
        "/api/v1/schedules": {**item, "name": named, "cron": "0 0 1 1 *"},
    }
    for path, body in bodies.items():
        yield path, client.post(path, json=body)


def _tasks(database: Any) -> int:
    (row,) = database.ask("SELECT count(*) FROM tasks WHERE kind <> ALL (%s)", OWN)
    return int(row[0])


#: What `ways` makes beside the task that it is about.
OWN = ["tts.synthesize", BATCH_KIND]


def test_what_is_not_for_a_caller_does_not_exist_for_it_however_it_asks(
    announced: None,
    kinds: list[KindDefinition],
    gateway_url: str,
    database: Any,
    connect: Connect,
) -> None:
    assert {kind.audience for kind in kinds} == set(Audience)
    # Given a caller, and an operator
    callers = {
        Audience.PUBLIC: connect(gateway_url, database.key(scopes=[Scope.TASKS_WRITE])),
        Audience.OPERATOR: connect(
            gateway_url, database.key(scopes=[Scope.TASKS_WRITE, Scope.OPERATE])
        ),
    }
    wrong = []
    # When each asks for each kind that is not for it, Then there is no such kind
    for audience, client in callers.items():
        for kind in kinds:
            if kind.audience in (Audience.PUBLIC, audience):
                continue
            for way, answer in ways(client, {"kind": kind.kind, "payload": {}}):
                if (answer.status_code, answer.json()["type"]) != (404, UNKNOWN):
                    wrong.append((audience, kind.kind, way, answer.text))
    assert wrong == []
    assert _tasks(database) == database.count("schedules") == 0


def test_what_is_for_a_caller_is_known_however_it_asks(
    announced: None, kinds: list[KindDefinition], client: httpx.Client
) -> None:
    known = [kind.kind for kind in kinds if kind.audience is not Audience.INTERNAL]
    unknown = [
        (kind, way)
        for kind in known
        for way, answer in ways(client, {"kind": kind, "payload": {"no such": "field"}})
        if answer.status_code == 404
    ]
    assert unknown == []


def test_each_caller_is_listed_the_kinds_that_are_for_it(
    announced: None,
    kinds: list[KindDefinition],
    client: httpx.Client,
    gateway_url: str,
    database: Any,
    connect: Connect,
) -> None:
    of = {a: {kind.kind for kind in kinds if kind.audience is a} for a in Audience}
    caller = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ]))

    assert _listed(caller) == of[Audience.PUBLIC]
    assert _listed(client) == of[Audience.PUBLIC] | of[Audience.OPERATOR]
    (speech,) = [
        kind
        for kind in caller.get("/api/v1/kinds").json()["items"]
        if kind["kind"] == "tts.synthesize"
    ]
    assert speech["payload_schema"]["properties"]["text"]
    assert speech["lane"] == "default"
    assert {"time_limit", "rate_limit", "concurrency_limit", "max_attempts"} <= speech.keys()


def test_former_names_are_for_whom_the_kinds_are_that_they_lead_to(
    announced: None,
    kinds: list[KindDefinition],
    gateway_url: str,
    database: Any,
    connect: Connect,
) -> None:
    caller = connect(gateway_url, database.key(scopes=[Scope.TASKS_WRITE]))
    audience = {kind.kind: kind.audience for kind in kinds}
    hidden = {name for name, kind in FORMER_NAMES.items() if audience[kind] is not Audience.PUBLIC}

    found = {
        name
        for name in FORMER_NAMES
        if caller.post("/api/v1/tasks", json={"kind": name, "payload": {}}).status_code == 404
    }

    assert found == hidden
    wrong = [
        (name, way, answer.text)
        for name in hidden
        for way, answer in ways(caller, {"kind": name, "payload": {}})
        if answer.json()["type"] != UNKNOWN
    ]
    assert wrong == []


def test_of_a_former_name_that_is_not_submitted_the_answer_says_what_does_it(
    announced: None, kinds: list[KindDefinition], client: httpx.Client, database: Any
) -> None:
    # Given an operator, and the kinds that nobody may submit
    internal = {kind.kind for kind in kinds if kind.audience is Audience.INTERNAL}
    assert DONE_BY.keys() == internal & set(FORMER_NAMES.values())
    told = {}
    for name, kind in FORMER_NAMES.items():
        for asked in (name, kind):
            answer = client.post("/api/v1/tasks", json={"kind": asked, "payload": {"no": 1}})
            # What is submitted is known, and has another payload.
            assert answer.status_code == (404 if kind in DONE_BY else 422), answer.text
            told[asked] = answer.json()["detail"]

    # Then each answer says where to go, by the former name and by the present one
    for name, kind in FORMER_NAMES.items():
        if kind in DONE_BY:
            assert told[name] == told[kind]
            assert told[name].endswith(f" it is done by {DONE_BY[kind]}")
    assert told["es_upsert_product"] == (
        "kind is 'catalogue.upsert_product' (formerly 'es_upsert_product'), which is not submitted"
        " as a task: it is done by PUT /api/v1/catalogue/products/{item_id}"
    )
    assert database.count("tasks") == 0


def test_a_form_names_pictures_and_no_other_kind(
    announced: None, kinds: list[KindDefinition], client: httpx.Client, database: Any
) -> None:
    for name in [*(kind.kind for kind in kinds), *FORMER_NAMES]:
        answer = client.post("/api/v1/tasks/create/", data={"task_type": name, "prompt": "a"})
        assert answer.status_code == 400, name
    assert database.count("tasks") == 0


def test_the_critical_lane_is_for_premium_customers_however_they_ask(
    gateway_url: str, database: Any, connect: Connect, announced: None
) -> None:
    item = {**SPEECH, "lane": "critical"}
    standard = connect(gateway_url, database.key(scopes=[Scope.TASKS_WRITE]))
    for way, answer in ways(standard, item):
        # The last task of a batch must take how it has ended, which speech does not.
        assert (answer.status_code, answer.json()["type"]) == (403, PREMIUM_ONLY), way
    assert database.ask("SELECT count(*) FROM tasks WHERE lane = 'critical'") == [(0,)]

    premium = connect(gateway_url, database.key(plan="premium", scopes=[Scope.TASKS_WRITE]))
    assert {a.status_code for _, a in ways(premium, item)} <= {201, 202, 422}


def test_an_operator_s_tasks_are_not_started_again_by_other_keys_of_its_customer(
    announced: None, client: httpx.Client, gateway_url: str, database: Any, connect: Connect
) -> None:
    # Given a failed task of an operator's kind, and a key of the same customer without that scope
    sweep = client.post("/api/v1/tasks", json={"kind": "api.sweep", "payload": {}}).json()
    database.ask("DELETE FROM outbox")
    database.ask("UPDATE tasks SET state = 'failed'")
    made = client.post("/api/v1/keys", json={"name": "b", "scopes": ["tasks:write"]}).json()
    other = connect(gateway_url, made["key"])

    # When it starts the task again, alone or with others, Then it may not
    again = f"/api/v1/tasks/{sweep['task_id']}/retry"
    refused = [
        other.post(again),
        other.post("/api/v1/tasks/retry", json={"filter": {"kind": "api.sweep"}}),
        other.post("/api/v1/tasks/retry", json={"filter": {"queue": "api.default"}}),
    ]
    assert [answer.status_code for answer in refused] == [403, 403, 403]
    assert client.post(again).status_code == 202


def failed_task(client: httpx.Client, database: Any, kind: str) -> str:
    """A failed task of the client's, as if the gateway itself had made one of this kind."""
    task: str = client.post("/api/v1/tasks", json={"kind": "api.sweep", "payload": {}}).json()[
        "task_id"
    ]
    with psycopg.connect(database.url) as connection:
        connection.execute("UPDATE tasks SET kind = %s WHERE id = %s", [kind, task])
        end_tasks(connection, [UUID(task)], lambda row: failed("lost", "Lost", "no"))
    return task


def test_an_erasure_is_started_again_by_administrators_and_by_no_filter(
    announced: None, client: httpx.Client, gateway_url: str, database: Any, connect: Connect
) -> None:
    # Given the failed erasure of a customer, and keys that may not erase any
    task = failed_task(client, database, EraseCustomer.kind)
    (letter,) = client.get("/api/v1/dead-letters").json()["items"]
    replay = f"/api/v1/dead-letters/{letter['id']}/replay"
    by_kind = {"filter": {"kind": EraseCustomer.kind}}
    scopes = {"writer": ["tasks:write"], "operator": ["tasks:read", "tasks:write", "operate"]}
    keys = {
        name: client.post("/api/v1/keys", json={"name": name, "scopes": given}).json()["key"]
        for name, given in scopes.items()
    }
    writer, operator = (connect(gateway_url, keys[name]) for name in ("writer", "operator"))

    # When they start it again, alone or with others
    answers = [
        writer.post(f"/api/v1/tasks/{task}/retry"),
        operator.post(f"/api/v1/tasks/{task}/retry"),
        operator.post(replay),
        writer.post("/api/v1/tasks/retry", json=by_kind),
        operator.post("/api/v1/tasks/retry", json=by_kind),
    ]
    # Then they may not, and what means it among others leaves it out
    assert [answer.status_code for answer in answers] == [403, 403, 403, 403, 422]
    assert [answer.json()["scope"] for answer in answers[:3]] == ["admin"] * 3
    body = {"filter": {"queue": "api.default"}}
    assert client.post("/api/v1/tasks/retry?dry_run=true", json=body).json()["count"] == 0
    with psycopg.connect(database.url) as connection:
        assert replay_letters(connection, LetterFilter(source="lost"), 9, "key:op").done == 0
    # And an administrator's key starts it
    assert client.post(replay).status_code == 200


def test_of_the_gateway_s_own_tasks_owners_start_again_what_belongs_to_theirs(
    announced: None, client: httpx.Client, gateway_url: str, database: Any, connect: Connect
) -> None:
    made = client.post("/api/v1/keys", json={"name": "b", "scopes": ["tasks:write"]}).json()
    writer = connect(gateway_url, made["key"])
    codes = [
        writer.post(f"/api/v1/tasks/{failed_task(client, database, kind)}/retry").status_code
        for kind in ("api.compare_versions", "api.record_book", "nlp.process_chapter")
    ]
    assert codes == [403, 202, 202]


def test_an_operator_s_schedule_is_not_for_other_keys_of_its_customer(
    announced: None, client: httpx.Client, gateway_url: str, database: Any, connect: Connect
) -> None:
    # Given a schedule of an operator's kind, and a key of the same customer without that scope
    body = {"kind": "api.sweep", "payload": {}, "cron": "0 0 1 1 *", "name": "mine"}
    assert client.post("/api/v1/schedules", json=body).status_code == 201
    made = client.post("/api/v1/keys", json={"name": "b", "scopes": ["tasks:write"]}).json()
    other = connect(gateway_url, made["key"])

    # When it runs or changes it, Then there is no such kind for it
    run = other.post("/api/v1/schedules/mine/run")
    changed = other.patch("/api/v1/schedules/mine", json={"cron": "* * * * *"})
    assert {answer.json()["type"] for answer in (run, changed)} == {UNKNOWN}
    assert client.post("/api/v1/schedules/mine/run").status_code == 202
