"""The body of `POST /api/v1/tasks` around the payload."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic_core import ErrorDetails

from gateway.aliases import current_kind
from gateway.problems import FieldError, InvalidFields
from gateway.webhooks.task_webhook import TaskWebhook
from warren.contracts.lanes import Lane
from warren.contracts.payload_schema import unlike

#: As long as a task's summary is kept, in seconds.
MAX_DELAY = 400 * 24 * 3600
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
MAX_METADATA_BYTES = 4096
_RESERVED = frozenset({"idempotency_key", "priority", "callback"})


def _timestamp_text(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("must be a timestamp with time zone such as 2030-01-31T12:00:00Z")  # noqa: TRY004 -- pydantic's way
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_timestamp_text)]
Tag = Annotated[str, Field(min_length=1, max_length=64)]


class Envelope(BaseModel):
    """What to do (`kind`, `payload`), when, and how the caller wants to find it again."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(current_kind)]
    payload: dict[str, Any]
    lane: Annotated[Lane, Field(strict=False)] | None = None
    run_at: Annotated[Moment, Field(strict=False)] | None = None
    delay_seconds: Annotated[float, Field(ge=0, le=MAX_DELAY)] | None = None
    expires_at: Annotated[Moment, Field(strict=False)] | None = None
    #: While a task of the same kind and key lives, no other of this customer is accepted.
    unique_key: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    metadata: dict[str, Any] | None = None
    tags: Annotated[list[Tag], Field(max_length=20)] | None = None
    user_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    #: Where to tell of this task.
    webhook: TaskWebhook | None = None


def parse_envelope(body: dict[str, Any], now: datetime | None = None) -> Envelope:
    """Check everything but the payload; a null counts as absent. Raises InvalidFields."""
    given = {name: value for name, value in body.items() if value is not None}
    try:
        envelope = Envelope.model_validate(given)
    except ValidationError as error:
        raise InvalidFields(field_errors(error, Envelope)) from error
    errors = list(_contradictions(envelope, now or datetime.now(UTC)))
    if errors:
        raise InvalidFields(errors)
    return envelope


def field_errors(error: ValidationError, model: type[BaseModel]) -> list[FieldError]:
    """What `error` says of a body that `model` describes, field by field."""
    return [_explained(item, model) for item in error.errors()]


def _contradictions(envelope: Envelope, now: datetime) -> list[FieldError]:
    errors = []
    if envelope.run_at and envelope.delay_seconds is not None:
        errors.append(FieldError("delay_seconds", "give run_at or delay_seconds, not both"))
    errors += _impossible_moments(envelope, now)
    if envelope.lane is Lane.PROBE:
        errors.append(FieldError("lane", "must be one of critical, default, low"))
    if envelope.metadata and len(orjson.dumps(envelope.metadata)) > MAX_METADATA_BYTES:
        errors.append(FieldError("metadata", f"must have at most {MAX_METADATA_BYTES} bytes"))
    return errors


def _impossible_moments(envelope: Envelope, now: datetime) -> Iterator[FieldError]:
    if envelope.run_at and envelope.run_at < _EARLIEST:
        yield FieldError("run_at", "must not be before 1970")
    # In UTC some moments that can be written have a year that no datetime can hold.
    for name, moment in (("run_at", envelope.run_at), ("expires_at", envelope.expires_at)):
        if moment and (moment - now).total_seconds() > MAX_DELAY:
            yield FieldError(name, "must be at most 400 days from now")
    if envelope.expires_at and envelope.expires_at <= now:
        yield FieldError("expires_at", "must be in the future")
    elif envelope.expires_at and envelope.run_at and envelope.expires_at <= envelope.run_at:
        yield FieldError("expires_at", "must be later than run_at")


def _explained(item: ErrorDetails, model: type[BaseModel]) -> FieldError:
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in item["loc"]]
    field = "".join(steps)[1:] or "body"
    if item["type"] == "extra_forbidden":
        return FieldError(field, _unknown_field(item, model))
    explain = _MESSAGES.get(item["type"], _in_pydantics_words)
    return FieldError(field, explain(item))


def _in_pydantics_words(item: ErrorDetails) -> str:
    message = item["msg"].removeprefix("Value error, ")
    return message[0].lower() + message[1:]


def _unknown_field(item: ErrorDetails, model: type[BaseModel]) -> str:
    if item["loc"][-1] in _RESERVED:
        return "is not supported by this version"
    return "is not known; known are " + ", ".join(model.model_fields)


def _choice(item: ErrorDetails) -> str:
    if item["loc"][-1] == "lane":
        return "must be one of critical, default, low"
    return f"must be {item['ctx']['expected']}"


_MESSAGES: dict[str, Callable[[ErrorDetails], str]] = {
    "missing": lambda item: "is required",
    "dict_type": lambda item: "must be an object",
    "string_type": lambda item: "must be a text",
    "list_type": lambda item: "must be a list",
    "float_type": lambda item: "must be a number",
    "string_pattern_mismatch": lambda item: unlike(item["ctx"]["pattern"]),
    "string_too_short": lambda item: "must not be empty",
    "string_too_long": lambda item: f"must have at most {item['ctx']['max_length']} characters",
    "too_long": lambda item: f"must have at most {item['ctx']['max_length']} items",
    "enum": _choice,
    "timezone_aware": lambda item: "must have a time zone, such as 2030-01-31T12:00:00Z",
    "greater_than_equal": lambda item: f"must be at least {item['ctx']['ge']:.0f}",
    "less_than_equal": lambda item: f"must be at most {item['ctx']['le']:.0f}",
}
