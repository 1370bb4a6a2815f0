"""Events: facts for any number of subscribers, CloudEvents 1.0 on the wire."""

import re
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from warren.contracts.ids import derived_id

#: `book.processed.v1`: what happened, in the past tense, and the version of its data.
EVENT_TYPE_PATTERN = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+\.v[1-9][0-9]*$"
#: The topic exchange takes it as routing key.
MAX_EVENT_TYPE = 200

EventType = Annotated[str, Field(pattern=EVENT_TYPE_PATTERN, max_length=MAX_EVENT_TYPE)]


class Event(BaseModel):
    """A fact in the past tense with a hand-written, versioned wire name (`book.processed.v1`).

    A job gives it with its success (`context.emit`); the recorder issues it in the transaction
    that records the end.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: ClassVar[str]

    def wire(self) -> "EmittedEvent":
        """This event as it travels within a status."""
        return EmittedEvent(type=type(self).type, data=self.model_dump(mode="json"))


class EmittedEvent(BaseModel):
    """An event within `task.succeeded`, before the recorder gives it its CloudEvents envelope."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: str
    data: dict[str, Any]


class CloudEvent(BaseModel):
    """An issued event (CloudEvents 1.0, JSON format), as the exchange `warren.events` carries it.

    `source` names the service, `subject` is the task that stated the fact. Attributes of
    CloudEvents have no underscores: `customerid` is the customer.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str
    type: EventType
    subject: str
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str
    customerid: UUID
    traceparent: str | None = None
    data: dict[str, Any]

    def document(self) -> dict[str, Any]:
        """As JSON; what is not known is left out, as CloudEvents has it."""
        return self.model_dump(mode="json", exclude_none=True)

    def encode(self) -> bytes:
        """The body of its message."""
        return orjson.dumps(self.document())


def is_event_type(name: str) -> bool:
    """Whether it is a name with a version, such as `book.processed.v1`."""
    return len(name) <= MAX_EVENT_TYPE and re.fullmatch(EVENT_TYPE_PATTERN, name) is not None


def event_id(task_id: UUID, number: int) -> UUID:
    """The id of the event that `task_id` states as its `number`th, from 1."""
    return derived_id(task_id, f"event:{number}")


def subscriber_task_id(event: UUID, kind: str) -> UUID:
    """The id of the task that an event becomes for the subscriber `kind`: always the same one."""
    return derived_id(event, f"subscriber:{kind}")


def schema_of(event_type: str) -> str:
    """What `dataschema` says of events of this type."""
    return f"urn:warren:event:{event_type}"
