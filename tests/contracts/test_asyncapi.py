"""What travels over the broker is on record as AsyncAPI: docs/api/asyncapi.json.

It is generated from the services' jobs and the contracts. After a change that is meant:

    WARREN_UPDATE_SNAPSHOTS=1 python -m pytest tests/contracts

AsyncAPI's own JSON Schema comes in no package that is locked here: what it asks for is checked one
by one. An example's value that nothing tells stands in services/api/gateway/asyncapi/values.py.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from gateway.asyncapi.document import (
    MissingValue,
    announced_services,
    asyncapi_document,
    events,
)
from warren.contracts.lanes import Lane, queue_name
from warren.contracts.status import parse_status, split_statuses
from warren.messaging import topology
from warren.worker.catalogue import Service

RECORD = Path(__file__).resolve().parents[2] / "docs" / "api" / "asyncapi.json"
_RENEW = "WARREN_UPDATE_SNAPSHOTS=1 python -m pytest tests/contracts"
_KEY = re.compile(r"^[A-Za-z0-9._-]+$")
Json = dict[str, Any]


@pytest.fixture(scope="module")
def services() -> list[Service]:
    return announced_services()


@pytest.fixture(scope="module")
def document(services: list[Service]) -> Json:
    try:
        return asyncapi_document(services)
    except MissingValue as missing:
        pytest.fail(str(missing), pytrace=False)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for child in value.values():
            yield from _references(child)
    elif isinstance(value, list):
        for child in value:
            yield from _references(child)


def _found(document: Json, reference: str) -> Any:
    part: Any = document
    for name in reference.removeprefix("#/").split("/"):
        part = part[name]
    return part


def test_the_document_is_as_recorded(document: Json) -> None:
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("WARREN_UPDATE_SNAPSHOTS") == "1":
        RECORD.write_text(text)

    recorded = json.loads(RECORD.read_text())

    assert document == recorded, f"if the change is meant: {_RENEW}"


def test_it_has_the_parts_that_asyncapi_3_asks_for(document: Json) -> None:
    assert document["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(document["info"])
    for reference in _references(document):
        assert _found(document, reference) is not None, reference
    for server in document["servers"].values():
        assert {"host", "protocol"} <= set(server)
        assert set(re.findall(r"{(\w+)}", server["host"])) == set(server["variables"])
    for name, channel in document["channels"].items():
        assert _KEY.match(name)
        parameters = set(re.findall(r"{(\w+)}", channel["address"]))
        assert parameters == set(channel.get("parameters", {})), name
        assert channel["messages"], name
        assert channel["bindings"]["amqp"]["is"] in {"queue", "routingKey"}
    for name, operation in document["operations"].items():
        assert operation["action"] in {"send", "receive"}, name
        assert operation["channel"]["$ref"].startswith("#/channels/"), name
    for kind, component in document["components"].items():
        assert all(_KEY.match(name) for name in component), kind


def test_every_schema_is_one(document: Json) -> None:
    for name, schema in document["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid({"$schema": _DIALECT, **schema}), name
    for name, message in document["components"]["messages"].items():
        assert jsonschema_rs.meta.is_valid({"$schema": _DIALECT, **message["payload"]}), name


_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def test_every_announced_kind_is_in_the_queue_of_its_service(
    document: Json, services: list[Service]
) -> None:
    for service in services:
        for definition in service.definitions():
            queue = queue_name(service.name, Lane.DEFAULT, definition.pool)
            channel = document["channels"][f"jobs.{queue.rpartition('.')[0]}"]
            assert channel["address"].format(lane="default") == queue
            assert f"{definition.kind}.v{definition.version}" in channel["messages"]


def test_every_event_is_on_the_exchange_of_events(document: Json) -> None:
    channel = document["channels"]["events"]

    assert set(channel["messages"]) == {event.type for event in events()}
    assert channel["bindings"]["amqp"]["exchange"]["name"] == topology.EVENTS_EXCHANGE


def test_every_queue_that_is_declared_is_a_channel(document: Json) -> None:
    addresses = {channel["address"] for channel in document["channels"].values()}

    assert {*topology.BASE_QUEUES, topology.CANCELS_STREAM} <= addresses


def test_every_message_has_an_example_that_is_valid(document: Json) -> None:
    components = {"components": document["components"]}
    wrong = []
    for name, message in document["components"]["messages"].items():
        validator = jsonschema_rs.Draft202012Validator({**components, **message["payload"]})
        for example in message["examples"]:
            wrong += [
                f"{name}: {error.instance_path} {error.message[:200]}"
                for error in validator.iter_errors(example["payload"])
            ]

    assert wrong == [], "change services/api/gateway/asyncapi/values.py"


def test_workers_can_read_the_examples_of_their_jobs(
    document: Json, services: list[Service]
) -> None:
    messages = document["components"]["messages"]
    for service in services:
        for (kind, version), worker in service.workers.items():
            (example,) = messages[f"{kind}.v{version}"]["examples"]
            worker.job_model.model_validate(example["payload"]["args"][0])


def test_recorders_and_subscribers_can_read_the_examples(document: Json) -> None:
    messages = document["components"]["messages"]
    for event in events():
        event.model_validate(messages[event.type]["examples"][0]["payload"]["data"])
    for name in document["channels"]["status"]["messages"]:
        body = json.dumps(messages[name]["examples"][0]["payload"]).encode()
        for status in split_statuses(body):
            parse_status(status)
