"""Status: what a run reports to the recorder, one at a time or in batches."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from warren.contracts.artifact import ArtifactRef
from warren.contracts.events import EmittedEvent
from warren.contracts.states import WaitingFor


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class ErrorInfo(_Wire):
    """Why a run did not succeed. Callers see `type`, `message` and `field`; operators the rest.

    `provider` is the one that has to be left alone, where that is why.
    """

    type: str
    message: str
    field: str | None = None
    provider: str | None = None
    traceback: str | None = None


class Processing(_Wire):
    """The run has started."""


class Progress(_Wire):
    """How far it is: 0–100 and a short text. Not part of the history."""

    percent: Annotated[int, Field(ge=0, le=100)]
    message: str | None = None


class Part(_Wire):
    """A piece of the result, announced before the end; `seq` counts from 1 within a dispatch."""

    seq: Annotated[int, Field(ge=1)]
    artifact: ArtifactRef


class Succeeded(_Wire):
    """The result, the files it is made of, and the facts that follow from it."""

    result: Any = None
    artifacts: list[ArtifactRef] = []
    events: list[EmittedEvent] = []
    processing_seconds: float


class Retrying(_Wire):
    """This attempt failed; the next is due after `delay` seconds."""

    delay: Annotated[float, Field(ge=0)]
    error: ErrorInfo
    processing_seconds: float


class Waiting(_Wire):
    """Nothing was attempted or nothing could be; the same attempt again after `delay` seconds.

    With `batch_id` sooner: when that batch of the task's has ended.
    """

    reason: WaitingFor
    delay: Annotated[float, Field(ge=0)]
    batch_id: UUID | None = None
    error: ErrorInfo | None = None
    processing_seconds: float = 0.0


class Failed(_Wire):
    """Final for this generation. `rejected` was the caller's fault; the others are dead letters."""

    source: Literal["exhausted", "permanent", "crashed", "rejected"]
    error: ErrorInfo
    processing_seconds: float


class Cancelled(_Wire):
    """The run has stopped because its task was cancelled."""

    processing_seconds: float = 0.0


class HandedBack(_Wire):
    """Its process had no use for the message and has put it at the end of its queue again."""


class _Status(_Wire):
    """What all statuses share: which run of which dispatch is speaking. `at` orders nothing."""

    id: UUID
    task_id: UUID
    generation: Annotated[int, Field(ge=1)]
    dispatch: Annotated[int, Field(ge=1)]
    attempt: Annotated[int, Field(ge=1)]
    run_id: UUID
    incarnation: str
    at: AwareDatetime


class TaskProcessing(_Status):
    type: Literal["task.processing"] = "task.processing"
    data: Processing = Processing()


class TaskProgress(_Status):
    type: Literal["task.progress"] = "task.progress"
    data: Progress


class TaskPart(_Status):
    type: Literal["task.part"] = "task.part"
    data: Part


class TaskSucceeded(_Status):
    type: Literal["task.succeeded"] = "task.succeeded"
    data: Succeeded


class TaskRetrying(_Status):
    type: Literal["task.retrying"] = "task.retrying"
    data: Retrying


class TaskWaiting(_Status):
    type: Literal["task.waiting"] = "task.waiting"
    data: Waiting


class TaskFailed(_Status):
    type: Literal["task.failed"] = "task.failed"
    data: Failed


class TaskCancelled(_Status):
    type: Literal["task.cancelled"] = "task.cancelled"
    data: Cancelled = Cancelled()


class TaskHandedBack(_Status):
    """`run_id` names the hand-over that ends with it. No part of the history."""

    type: Literal["task.handed_back"] = "task.handed_back"
    data: HandedBack = HandedBack()


Outcome = TaskSucceeded | TaskRetrying | TaskWaiting | TaskFailed | TaskCancelled
Status = TaskProcessing | TaskProgress | TaskPart | TaskHandedBack | Outcome

_STATUS: TypeAdapter[Status] = TypeAdapter(Annotated[Status, Field(discriminator="type")])


def encode_status(status: Status) -> bytes:
    """One status; raises ValueError for what JSON cannot hold, such as half a character."""
    return status.model_dump_json(exclude_none=True).encode()


def join_statuses(encoded: Sequence[bytes]) -> bytes:
    """The message with these statuses: one is the message, several are `{"batch": […]}`."""
    return encoded[0] if len(encoded) == 1 else b'{"batch":[' + b",".join(encoded) + b"]}"


def encode_statuses(statuses: Sequence[Status]) -> bytes:
    """The message with these statuses; raises ValueError as `encode_status` does."""
    return join_statuses([encode_status(status) for status in statuses])


def parse_status(raw: dict[str, Any]) -> Status:
    """Validate one status; raises pydantic.ValidationError."""
    return _STATUS.validate_python(raw)


def split_statuses(body: bytes) -> list[dict[str, Any]]:
    """The unvalidated statuses of a message; raises ValueError if it is no JSON object.

    They are validated one by one afterwards, so that a bad one does not take its neighbours along.
    """
    raw = orjson.loads(body)
    if not isinstance(raw, dict):
        raise ValueError("a status message is a JSON object")  # noqa: TRY004
    batch = raw.get("batch", [raw])
    if not isinstance(batch, list):
        raise ValueError("`batch` of a status message is a list")  # noqa: TRY004
    return batch
