"""What the endpoints of dead letters answer."""

import base64
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from gateway.dead_letters.selection import Source
from gateway.hiding import without_sealed
from gateway.problems import InvalidFields
from gateway.tasks.envelope import field_errors


class LetterError(BaseModel):
    """Why it was given up."""

    type: str
    message: str
    field: str | None = None
    traceback: str | None = None


class LetterSummary(BaseModel):
    """A dead letter in a list; `moot` when its task has moved on, so that nothing is left to do."""

    id: UUID
    recorded_at: datetime
    source: Source
    task_id: UUID | None
    generation: int | None
    dispatch: int | None
    customer_id: UUID | None
    kind: str | None
    version: int | None
    queue: str
    attempts: int | None
    cause: str
    error: LetterError
    moot: bool
    resolution: Literal["replayed", "discarded"] | None
    resolved_at: datetime | None
    resolved_by: str | None
    resolution_reason: str | None


class Letter(LetterSummary):
    """A dead letter with its message: `message` if it is JSON, else `message_base64`."""

    message: Any = None
    message_base64: str | None = None
    message_sha256: str
    x_death: Any

    _hide = field_validator("message", mode="before")(without_sealed)

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        """The view of a row of `dead_letters`, joined with `moot`."""
        body = bytes(row["message"])
        try:
            message, encoded = orjson.loads(body), None
        except orjson.JSONDecodeError:
            message, encoded = None, base64.b64encode(body).decode()
        return cls.model_validate(
            {
                **row,
                "message": message,
                "message_base64": encoded,
                "message_sha256": bytes(row["message_sha256"]).hex(),
            }
        )


class Letters(BaseModel):
    """Newest first."""

    items: list[LetterSummary]
    next_cursor: str | None


class Cause(BaseModel):
    """Open letters that have source, kind and cause in common; `moot` of them need nothing."""

    source: Source
    kind: str | None
    cause: str
    count: int
    moot: int
    queues: list[str]
    first_at: datetime
    last_at: datetime
    sample_id: UUID


class Causes(BaseModel):
    """Most frequent first."""

    items: list[Cause]
    next_cursor: None = None


class Discard(BaseModel):
    """The body of a discard."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]


def parse_discard(body: dict[str, Any]) -> Discard:
    """Read a body; raises InvalidFields."""
    try:
        return Discard.model_validate(body)
    except ValidationError as error:
        raise InvalidFields(field_errors(error, Discard)) from error
