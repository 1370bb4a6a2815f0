"""What a payload names by id belongs to its caller, whatever kind it is and however it comes."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from psycopg import AsyncConnection

from tests.integration.gateway.conftest import Database
from warren.contracts.ids import new_id
from warren.contracts.kinds import Audience, KindDefinition
from warren.contracts.payload_schema import PayloadSchema
from warren.contracts.services import installed_services
from warren.testing.deadline import eventually
from warren.worker.catalogue import load_service

pytestmark = pytest.mark.postgres

TASKS = "/api/v1/tasks"
#: A service of somebody else's, which names requests and several books.
REPORT = KindDefinition(
    kind="reports.write",
    version=1,
    service="reports",
    payload_schema={
        "type": "object",
        "properties": {
            "request_id": {"type": "string", "format": "uuid"},
            "book_ids": {"type": "array", "items": {"type": "string"}},
            "description_ids": {"type": "array", "items": {"type": "string"}},
        },
    },
)
ENTITY_FIELDS = (
    *("book_id", "description_id", "request_id"),
    *("book_ids", "description_ids", "request_ids"),
)
PROBLEMS = {
    "book": "book-not-found",
    "description": "description-not-found",
    "request": "not-found",
    "artifact": "artifact-not-found",
}


def _kinds() -> list[KindDefinition]:
    """Every kind that somebody may submit, of all services."""
    services = [load_service(name) for name in [*installed_services(), "gateway.housekeeping"]]
    announced = [kind for service in services for kind in service.definitions()]
    return [REPORT, *(kind for kind in announced if kind.audience is not Audience.INTERNAL)]


def _fields(kind: KindDefinition) -> dict[str, str]:
    """Fields that name an entity, and what they name."""
    schema = PayloadSchema(kind.payload_schema)
    artifacts = dict.fromkeys(schema.artifact_fields | schema.artifact_lists, "artifact")
    known = kind.payload_schema.get("properties", {})
    named = {name: name.partition("_id")[0] for name in ENTITY_FIELDS if name in known}
    return artifacts | named


KINDS = {kind.kind: kind for kind in _kinds()}
CASES = [(name, field) for name, kind in sorted(KINDS.items()) for field in _fields(kind)]


class Things:
    """A book, a description, a request and an artifact of one customer."""

    def __init__(self, client: httpx.Client, database: Database) -> None:
        self.client = client
        speech = {"kind": "tts.synthesize", "payload": {"text": "x"}}
        self.request = client.post(TASKS, json=speech).json()["task_id"]
        ((customer,),) = database.ask("SELECT customer_id FROM tasks WHERE id = %s", self.request)
        self.artifact = client.post("/api/v1/artifacts", content=b"{}").json()["artifact_id"]
        self.book, self.description = str(uuid4()), str(uuid4())
        database.ask(
            "INSERT INTO books (id, customer_id, format, file_name, file_id, options, state,"
            " task_id) VALUES (%s, %s, 'text', 'b.txt', %s, '{}', 'processed', %s)",
            self.book,
            customer,
            uuid4(),
            uuid4(),
        )
        database.ask(
            "INSERT INTO book_descriptions (id, book_id, customer_id, chapter, first_character,"
            " last_character, type, text, score, confidence, voters, details)"
            " VALUES (%s, %s, %s, 3, 0, 9, 'location', 'a', 1, 0.9, '{}', '{}')",
            self.description,
            self.book,
            customer,
        )

    def payload(self, kind: KindDefinition, field: str, thing: str) -> dict[str, Any]:
        """The least that the kind takes, of one's own things, but for `thing` in `field`."""
        schema = kind.payload_schema
        known = schema["properties"]
        choices = {part["required"][0] for part in schema.get("anyOf", schema.get("oneOf", []))}
        chosen = {field} & choices or choices & _fields(kind).keys()
        values = {
            name: self._value(kind, name)
            for name in {*schema.get("required", []), *list(chosen)[:1]}
        }
        return {**values, field: named(known[field], thing)}

    def _value(self, kind: KindDefinition, name: str) -> Any:
        part = kind.payload_schema["properties"][name]
        entity = _fields(kind).get(name)
        if entity:
            return named(part, getattr(self, entity))
        return {"integer": 1, "string": "x"}[part["type"]]


def named(part: dict[str, Any], thing: str) -> Any:
    """As the field takes it."""
    return [thing] if part.get("type") == "array" else thing


@pytest.fixture
def own(client: httpx.Client, database: Database) -> Things:
    database.ask("DELETE FROM books")
    database.announce(*KINDS.values(), release="9.0")
    eventually(lambda: len(client.get("/api/v1/kinds").json()["items"]) == len(KINDS))
    return Things(client, database)


@pytest.fixture
def others(
    own: Things,
    gateway_url: str,
    database: Database,
    connect: Callable[[str, str], httpx.Client],
) -> Things:
    return Things(connect(gateway_url, database.key()), database)


def _ways(client: httpx.Client, kind: str, payload: dict[str, Any]) -> Iterator[httpx.Response]:
    """The answers to each way in which a task can be asked for."""
    body = {"kind": kind, "payload": payload}
    yield client.post(TASKS, json=body)
    yield client.post(f"{TASKS}/batch", json={"items": [body]})
    yield client.post("/api/v1/batches", json={"items": [body]})
    yield client.post("/api/v1/schedules", json={"name": "n", "cron": "0 3 * * *", **body})


def test_every_kind_of_picture_with_an_entity_is_walked() -> None:
    walked = {kind for kind, _ in CASES}

    assert {"image.generate", "image.generate_for_book", "tts.synthesize"} <= walked
    assert ("image.generate", "description_id") in CASES


def test_nothing_of_anybody_else_can_be_named(
    own: Things, others: Things, database: Database
) -> None:
    before = database.count("tasks")
    for name, field in CASES:
        kind = KINDS[name]
        what = _fields(kind)[field]
        for thing in (getattr(others, what), str(new_id())):
            payload = own.payload(kind, field, thing)
            for answer in _ways(own.client, name, payload):
                said = answer.json()
                assert (answer.status_code, said.get("type")) == (
                    404,
                    f"urn:warren:problem:{PROBLEMS[what]}",
                ), (name, field, answer.text)
                assert field in said["errors"][0]["field"]
    assert database.count("tasks") == before
    assert database.count("schedules") == 0


def test_ones_own_can_be_named(own: Things) -> None:
    for name, field in CASES:
        kind = KINDS[name]
        payload = own.payload(kind, field, getattr(own, _fields(kind)[field]))
        body = {"kind": name, "payload": payload}
        answer = own.client.post(TASKS, json=body)
        assert answer.status_code == 202, (name, field, answer.text)


@pytest.mark.parametrize("path", [f"{TASKS}/batch", "/api/v1/batches"])
def test_what_many_items_name_is_looked_up_together(
    own: Things, others: Things, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    # Given many tasks that name things of every sort
    report = {
        "request_id": own.request,
        "book_ids": [own.book, "of another service"],
        "description_ids": [own.description],
    }
    (field,) = _fields(KINDS["tts.synthesize"])
    items = [
        {"kind": "reports.write", "payload": report},
        {"kind": "tts.synthesize", "payload": {field: own.artifact}},
    ] * 20
    asked: list[str] = []
    execute = AsyncConnection.execute

    def counted(connection: Any, query: Any, *given: Any, **more: Any) -> Any:
        asked.append(" ".join(str(query).split()))
        return execute(connection, query, *given, **more)

    monkeypatch.setattr(AsyncConnection, "execute", counted)
    # When they are submitted together
    answer = own.client.post(path, json={"items": items})
    # Then each sort is looked up by one statement
    assert answer.status_code == 202, answer.text
    for table in ("books", "book_descriptions", "artifacts", "tasks"):
        looks = [look for look in asked if look.startswith("SELECT") and f"FROM {table} W" in look]
        assert len(looks) == 1, (table, looks)
    # And what is somebody else's is still told where it is named
    items[30] = {"kind": "reports.write", "payload": {**report, "book_ids": [others.book]}}
    refused = own.client.post(path, json={"items": items})
    assert refused.status_code == 404
    assert refused.json()["errors"][0]["field"] == "items[30].payload.book_ids[0]"


@pytest.mark.parametrize("field", ["book_id", "description_id"])
def test_a_form_names_nothing_of_anybody_else(own: Things, others: Things, field: str) -> None:
    def ask(things: Things) -> httpx.Response:
        parameters = json.dumps({field: getattr(things, field.removesuffix("_id"))})
        form = {"task_type": "image_generation", "prompt": "a castle", "parameters": parameters}
        return own.client.post(f"{TASKS}/create/", data=form)

    refused = ask(others)

    assert (refused.status_code, list(refused.json()["details"])) == (404, [field])
    assert ask(own).status_code == 201


def test_a_schedule_whose_book_has_gone_says_so_instead_of_picturing_it(
    own: Things, database: Database
) -> None:
    body = {"kind": "image.generate", "payload": {"prompt": "a castle", "book_id": own.book}}
    daily = {"name": "daily", "cron": "0 3 * * *", **body}
    schedule = own.client.post("/api/v1/schedules", json=daily).json()["id"]
    database.ask("DELETE FROM books")

    assert own.client.post(f"/api/v1/schedules/{schedule}/run").status_code == 404
