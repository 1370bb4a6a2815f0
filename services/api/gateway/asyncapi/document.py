"""The AsyncAPI 3 document of an installation's jobs and events, from what its services declare."""

import inspect
import pkgutil
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.metadata import version
from itertools import groupby
from typing import Any

import warren.contracts
from gateway.asyncapi import messages
from gateway.asyncapi.artifacts import put_references
from gateway.asyncapi.channels import Channel, event_channel, job_channel, own_channels
from gateway.asyncapi.messages import Message
from gateway.asyncapi.values import VALUES
from gateway.openapi.made_up import MadeUp, NoExample
from gateway.openapi.schemas import hoist_definitions
from warren.contracts.events import Event
from warren.contracts.services import installed_services
from warren.worker.catalogue import Service, load_service

#: The housekeeper's jobs, too, are announced by a service.
_HOUSEKEEPING = "gateway.housekeeping"
_TYPE = "application/json"
_DESCRIPTION = (
    "What travels over RabbitMQ. Consumers outside of Warren read `events`; jobs are submitted over"
    " HTTP, and lie in queues by service and lane. Every message comes at least once."
)
Json = dict[str, Any]


class MissingValue(Exception):
    """Nothing says what a field of a message looks like; the message says what to write."""


def announced_services() -> list[Service]:
    """The services that are installed here, the housekeeper among them."""
    return [load_service(name) for name in [*installed_services(), _HOUSEKEEPING]]


def asyncapi_document(services: Sequence[Service]) -> Json:
    """The document; raises MissingValue for what has no example."""
    channels = list(_channels(services))
    document: Json = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Warren",
            "version": version("warren-api"),
            "description": _DESCRIPTION,
        },
        "defaultContentType": _TYPE,
        "servers": {"broker": _server()},
        "channels": {channel.name: _channel(channel) for channel in channels},
        "operations": {
            f"{channel.action}.{channel.name}": _operation(channel) for channel in channels
        },
        "components": {"schemas": {}, "messages": {}},
    }
    components = document["components"]
    for message in _all_messages(channels):
        components["messages"][message.name] = _message(message)
        components["schemas"].update(message.parts)
    hoist_definitions(document)
    put_references(document)
    _add_examples(components)
    return document


def events() -> list[type[Event]]:
    """The events of `warren.contracts`, by type."""
    modules = [
        import_module(f"{warren.contracts.__name__}.{module.name}")
        for module in pkgutil.iter_modules(warren.contracts.__path__)
    ]
    found = {
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Event) and hasattr(value, "type")
    }
    return sorted(found, key=lambda event: event.type)


def _channels(services: Sequence[Service]) -> Iterator[Channel]:
    jobs: list[Message] = []
    for service in sorted(services, key=lambda service: service.name):
        definitions = {(d.kind, d.version): d for d in service.definitions()}
        handled = sorted(service.workers.items(), key=lambda item: (str(item[1].pool), item[0]))
        for pool, members in groupby(handled, key=lambda item: item[1].pool):
            of_pool = [
                messages.job_message(worker.job_model, definitions[key].description)
                for key, worker in members
            ]
            jobs += of_pool
            yield job_channel(service.name, pool, of_pool)
    yield event_channel([messages.event_message(event) for event in events()])
    yield from own_channels(
        messages.status_messages(),
        messages.control_messages(),
        messages.intake_messages(),
        messages.order_messages(),
        jobs,
    )


def _server() -> Json:
    return {
        "host": "{host}",
        "protocol": "amqp",
        "protocolVersion": "0-9-1",
        "description": "WARREN_AMQP_URL",
        "variables": {"host": {"default": "127.0.0.1:5672"}},
    }


def _channel(channel: Channel) -> Json:
    described: Json = {
        "address": channel.address,
        "description": channel.description,
        "servers": [{"$ref": "#/servers/broker"}],
        "messages": {
            message.name: {"$ref": f"#/components/messages/{message.name}"}
            for message in channel.messages
        },
        "bindings": {"amqp": channel.binding},
    }
    if channel.parameters:
        described["parameters"] = channel.parameters
    return described


def _operation(channel: Channel) -> Json:
    return {
        "action": channel.action,
        "channel": {"$ref": f"#/channels/{channel.name}"},
        "summary": channel.description.partition(":")[0],
        "bindings": {"amqp": {"deliveryMode": 2, "bindingVersion": "0.3.0"}},
    }


def _all_messages(channels: Sequence[Channel]) -> list[Message]:
    named = {message.name: message for channel in channels for message in channel.messages}
    return list(named.values())


def _message(message: Message) -> Json:
    return {
        "name": message.name,
        "title": message.title,
        "summary": message.summary,
        "contentType": _TYPE,
        "payload": message.payload,
    }


def _add_examples(components: Json) -> None:
    made_up = MadeUp(components["schemas"], VALUES)
    missing: list[str] = []
    for name, message in components["messages"].items():
        try:
            example = made_up.value(message["payload"], "")
        except NoExample as none:
            missing += [f"{field!r}: …,  # of {name}" for field in none.fields]
        else:
            message["examples"] = [{"name": "example", "payload": _without_nulls(example)}]
    if missing:
        lines = "\n    ".join(dict.fromkeys(missing))
        raise MissingValue(
            f"write into VALUES of services/api/gateway/asyncapi/values.py:\n    {lines}"
        )


def _without_nulls(value: Any) -> Any:
    """What is not known is left out on the wire."""
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
