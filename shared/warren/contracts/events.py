"""Base of event models: facts for any number of subscribers, CloudEvents 1.0 on the wire."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


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
