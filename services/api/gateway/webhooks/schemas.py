"""What the endpoints about webhooks take and answer."""

from datetime import datetime
from typing import Annotated, Any, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.problems import InvalidFields
from gateway.tasks.envelope import field_errors
from gateway.tasks.schemas import TaskError
from gateway.webhooks.filters import DEFAULT_EVENTS, EventNames
from gateway.webhooks.urls import ReceiverUrl
from warren.contracts.states import TaskState
from warren.contracts.webhooks import answer_in

BodyT = TypeVar("BodyT", bound=BaseModel)
Description = Annotated[str, Field(min_length=1, max_length=200)]
#: Seconds for which the secret before a new one signs as well.
OVERLAP, LONGEST_OVERLAP = 24 * 3600, 7 * 24 * 3600


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class WebhookBody(_Body):
    """An address, and the types of messages that it is sent."""

    url: ReceiverUrl
    events: EventNames = list(DEFAULT_EVENTS)
    description: Description | None = None


class WebhookChange(_Body):
    """What is to be different; enabling it again forgives what has failed."""

    url: ReceiverUrl | None = None
    events: EventNames | None = None
    description: Description | None = None
    enabled: bool | None = None


class Rotation(_Body):
    """For how many seconds the secret before the new one signs beside it."""

    overlap_seconds: Annotated[int, Field(ge=0, le=LONGEST_OVERLAP)] = OVERLAP


class WebhookView(BaseModel):
    """An endpoint; `last_success_at` to within some seconds."""

    id: UUID
    url: str
    events: list[str]
    description: str | None
    enabled: bool
    disabled_at: datetime | None
    disabled_because: str | None
    last_success_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        """The view of a row of `webhook_endpoints`."""
        return cls.model_validate({**row, "enabled": row["disabled_at"] is None})


class NewWebhook(WebhookView):
    """An endpoint with its secret, which is shown this once."""

    secret: str


class WebhookList(BaseModel):
    """One's endpoints, oldest first."""

    items: list[WebhookView]
    next_cursor: str | None = None


class SecretView(BaseModel):
    """A new secret, shown this once; until when the one before it signs, too."""

    secret: str
    previous_valid_until: datetime | None


class DeliveryView(BaseModel):
    """A message to one receiver, and what has come of it so far.

    `id` is that of the task that delivers it, `task_id` that of the task which it is about;
    `endpoint_id` is null for the URL of a single task.
    """

    id: UUID
    webhook_id: str
    type: str
    endpoint_id: UUID | None
    task_id: UUID | None
    status: TaskState
    attempt: int
    next_attempt_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    #: Of the last answer; null if there was none.
    status_code: int | None
    seconds: float | None
    answer: str | None
    error: TaskError | None

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        """The view of a row of `webhook_deliveries`, joined with its task."""
        return cls.model_validate(
            {
                **row,
                "webhook_id": row["message_id"],
                "status": row["state"],
                "error": TaskError.of(row["error"]),
                **_answered(row["result"], row["error"]),
            }
        )


class AttemptView(BaseModel):
    """One attempt: what was answered and when, or why there was no answer."""

    attempt: int
    at: datetime
    delivered: bool
    status_code: int | None
    seconds: float | None
    answer: str | None
    error: str | None

    @classmethod
    def of(cls, row: dict[str, Any], result: dict[str, Any] | None) -> Self:
        """The view of an entry of the history; `result` is that of the task."""
        delivered = row["type"] == "task.succeeded"
        error = row["data"].get("error")
        told = _answered(result if delivered else None, error)
        message = error.get("message") if error else None
        return cls.model_validate({**row, "delivered": delivered, **told, "error": message})


class DeliveryDetails(DeliveryView):
    """A delivery with each of its attempts, oldest first, and what is sent."""

    body: dict[str, Any] | None
    attempts: list[AttemptView]


class DeliveryList(BaseModel):
    """Newest first."""

    items: list[DeliveryView]
    next_cursor: str | None = None


def parse(model: type[BodyT], body: dict[str, Any]) -> BodyT:
    """Read a body; a null counts as absent. Raises InvalidFields."""
    try:
        return model.model_validate({k: v for k, v in body.items() if v is not None})
    except ValidationError as error:
        raise InvalidFields(field_errors(error, model)) from error


def _answered(result: Any, error: dict[str, Any] | None) -> dict[str, Any]:
    if isinstance(result, dict) and "status_code" in result:
        return {name: result.get(name) for name in ("status_code", "seconds", "answer")}
    answer = answer_in(error.get("message", "")) if error else None
    if answer is None:
        return {"status_code": None, "seconds": None, "answer": None}
    return {
        "status_code": answer.status_code,
        "seconds": answer.seconds,
        "answer": answer.text,
    }
