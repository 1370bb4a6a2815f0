"""What travels over the broker: a message for every job, event, status and order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel

from warren.contracts.events import CloudEvent, Event, schema_of
from warren.contracts.intake import SpawnTasks
from warren.contracts.job import Job
from warren.contracts.kinds import Announcement, Beat
from warren.contracts.message import JobOptions
from warren.contracts.orders import Order
from warren.contracts.status import Status

Json = dict[str, Any]
_TASK_ID = "^[0-9a-f-]{36}[.][0-9]+[.][0-9]+$"


@dataclass(frozen=True)
class Message:
    """One kind of message; `payload` is a JSON Schema that may have `$defs`.

    `model` reads the part of it that is ours: the job, the event's data, or all of it.
    """

    name: str
    title: str
    summary: str
    payload: Json
    model: type[BaseModel]
    #: JSON Schemas of parts that `payload` refers to, by name.
    parts: Mapping[str, Json]


def job_message(job: type[Job], description: str) -> Message:
    """A job as it lies in the queue of its lane: a Dramatiq message with one argument."""
    part = f"{job.kind}.v{job.version}"
    text = {"type": "string"}
    payload = {
        "title": f"Job {part}",
        "type": "object",
        "required": ["queue_name", "actor_name", "args", "kwargs", "options", "message_id"],
        "properties": {
            "queue_name": text,
            "actor_name": {"const": job.kind},
            "args": {"type": "array", "minItems": 1, "maxItems": 1, "items": _part(part)},
            "kwargs": {"type": "object", "maxProperties": 0},
            "options": _part("JobOptions"),
            "message_id": {**text, "pattern": _TASK_ID},
            "message_timestamp": {"type": "integer", "description": "in milliseconds"},
        },
    }
    parts = {part: job.model_json_schema(), "JobOptions": JobOptions.model_json_schema()}
    return Message(part, job.__name__, _first_sentence(description), payload, job, parts)


def event_message(event: type[Event]) -> Message:
    """An event as the topic exchange carries it: a CloudEvent in JSON."""
    schema = CloudEvent.model_json_schema()
    fixed = {"type": {"const": event.type}, "dataschema": {"const": schema_of(event.type)}}
    data = f"{event.type}.data"
    properties = {**schema["properties"], **fixed, "data": _part(data)}
    payload = {**schema, "properties": properties}
    parts = {data: event.model_json_schema()}
    said = _first_sentence(event.__doc__ or "")
    return Message(event.type, event.__name__, said, payload, event, parts)


def status_messages() -> list[Message]:
    """What runs report, and several of that in one message."""
    single = [_of_model(model) for model in _members(Status)]
    batch = {
        "title": "Statuses",
        "type": "object",
        "required": ["batch"],
        "properties": {
            "batch": {"type": "array", "items": {"anyOf": [_part(m.name) for m in single]}}
        },
    }
    together = Message("batch", "Statuses", "Several statuses in one message", batch, BaseModel, {})
    return [*single, together]


def control_messages() -> list[Message]:
    """What processes say of themselves."""
    return [_of_model(Announcement), _of_model(Beat)]


def intake_messages() -> list[Message]:
    """What running jobs ask for."""
    return [_of_model(SpawnTasks)]


def order_messages() -> list[Message]:
    """What every worker is told."""
    return [_of_model(model) for model in _members(Order)]


def _of_model(model: type[BaseModel]) -> Message:
    schema = model.model_json_schema()
    name = schema["properties"]["type"]["const"]
    said = _first_sentence(model.__doc__ or "")
    return Message(name, model.__name__, said, _part(name), model, {name: schema})


def _members(union: Any) -> Iterator[type[BaseModel]]:
    members: Sequence[Any] = get_args(union)
    if not members:
        yield union
    for member in members:
        yield from _members(member)


def _part(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _first_sentence(text: str) -> str:
    return " ".join(text.split()).partition(". ")[0].rstrip(".")
