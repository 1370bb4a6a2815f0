"""What the endpoints of schedules take and answer."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.customers.system import SYSTEM_CUSTOMER
from gateway.problems import InvalidFields
from gateway.tasks.envelope import Envelope, Tag, field_errors, parse_envelope
from warren.contracts.kinds import Missed
from warren.contracts.lanes import Lane
from warren.contracts.states import TaskState

_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
#: What the tasks of a schedule are submitted with, beside their kind.
SUBMISSION = ("payload", "lane", "user_id", "metadata", "tags")


class ScheduleBody(BaseModel):
    """The body of `POST /api/v1/schedules`: when, and what is submitted then."""

    model_config = ConfigDict(extra="forbid", strict=True)

    #: One's own word for it, instead of its id.
    name: Annotated[str, Field(pattern=_NAME, max_length=100)] | None = None
    kind: Annotated[str, Field(min_length=1, max_length=200)]
    payload: dict[str, Any] = {}
    #: Five fields: minute, hour, day of month, month, day of week.
    cron: Annotated[str, Field(max_length=200)]
    timezone: Annotated[str, Field(max_length=100)] = "UTC"
    missed: Annotated[Missed, Field(strict=False)] = Missed.COALESCE
    #: Each due time is delayed by up to so many seconds.
    jitter_seconds: Annotated[float, Field(ge=0)] = 0
    enabled: bool = True
    lane: Annotated[Lane, Field(strict=False)] | None = None
    user_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    metadata: dict[str, Any] | None = None
    tags: Annotated[list[Tag], Field(max_length=20)] | None = None

    @property
    def submission(self) -> dict[str, Any]:
        """What each task is submitted with, as JSON."""
        return self.model_dump(mode="json", include=set(SUBMISSION), exclude_none=True)

    def envelope(self) -> Envelope:
        """What each task would be submitted as; raises InvalidFields."""
        return parse_envelope({**self.submission, "kind": self.kind})


class ScheduleChange(BaseModel):
    """The body of `PATCH /api/v1/schedules/{schedule}`; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool | None = None
    payload: dict[str, Any] | None = None
    cron: str | None = None
    timezone: str | None = None
    missed: Missed | None = None
    jitter_seconds: float | None = None
    lane: Lane | None = None
    user_id: str | None = None
    metadata: dict[str, Any] | None = None
    tags: list[str] | None = None


def parse_schedule(body: dict[str, Any]) -> ScheduleBody:
    """Check the shape of a new or changed schedule; a null counts as absent. Raises InvalidFields.

    Whether its kind takes the payload, and its cron means anything, is checked elsewhere.
    """
    given = {name: value for name, value in body.items() if value is not None}
    try:
        return ScheduleBody.model_validate(given)
    except ValidationError as error:
        raise InvalidFields(field_errors(error, ScheduleBody)) from error


class ScheduleSource(StrEnum):
    """Where a schedule comes from: a Worker class, or a request."""

    ANNOUNCED = "announced"
    CREATED = "created"


class ScheduleView(BaseModel):
    """A schedule, its next and its last task; times in UTC.

    `next_run_at` is null while it fires nothing: if it is not `enabled`, or `retired_because` its
    worker's newest release has no such schedule (`withdrawn`) or nobody has announced it for a week
    (`not_announced`). `refusal` says why the due time that is next could not be fired so far.
    """

    id: UUID
    name: str
    customer_id: UUID
    source: ScheduleSource
    kind: str
    payload: dict[str, Any]
    lane: Lane | None
    user_id: str | None
    metadata: dict[str, Any] | None
    tags: list[str] | None
    cron: str
    timezone: str
    missed: Missed
    jitter_seconds: float
    enabled: bool
    next_run_at: datetime | None
    last_due_at: datetime | None
    last_run_at: datetime | None
    last_task_id: UUID | None
    last_task_status: TaskState | None
    refusal: str | None
    retired_at: datetime | None
    retired_because: str | None
    release: str | None
    announced_at: datetime | None
    created_by: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        """The view of a row of `schedules`, joined with the state of its last task."""
        announced = row["customer_id"] == SYSTEM_CUSTOMER
        fires = row["enabled"] and row["retired_at"] is None
        derived = {
            "source": ScheduleSource.ANNOUNCED if announced else ScheduleSource.CREATED,
            "next_run_at": row["fire_at"] if fires else None,
            "last_run_at": row["last_fired_at"],
            **{name: row["submission"].get(name) for name in SUBMISSION},
        }
        same = set(cls.model_fields) - set(derived)
        return cls(**derived, **{name: row[name] for name in same})


class ScheduleList(BaseModel):
    """A page of schedules."""

    items: list[ScheduleView]
    next_cursor: str | None = None
