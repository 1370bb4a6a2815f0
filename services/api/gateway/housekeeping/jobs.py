"""Bulk actions, as jobs: tracked, throttled, and ended by a cancellation."""

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, Field

from gateway.dead_letters.selection import LetterFilter
from gateway.tasks.selection import CancelFilter, RetryFilter
from warren.contracts.job import Job

_ONE_CONDITION: Any = Field(
    description="At least one condition.", json_schema_extra={"minProperties": 1}
)


class ReplayDeadLetters(Job):
    """Start the next generation of every task that an open dead letter of the filter tells of."""

    kind: ClassVar[str] = "api.replay"

    filter: Annotated[LetterFilter, _ONE_CONDITION]


class DiscardDeadLetters(Job):
    """Set every open dead letter of the filter aside for good, saying why."""

    kind: ClassVar[str] = "api.discard"

    filter: Annotated[LetterFilter, _ONE_CONDITION]
    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]


class BulkCancel(Job):
    """Cancel every task of the filter that was accepted before this one."""

    kind: ClassVar[str] = "api.bulk_cancel"

    filter: Annotated[CancelFilter, _ONE_CONDITION]


class BulkRetry(Job):
    """Start every task of the filter again that was accepted before this one."""

    kind: ClassVar[str] = "api.bulk_retry"

    filter: Annotated[RetryFilter, _ONE_CONDITION]


class BulkResult(BaseModel):
    """How many dead letters were resolved."""

    resolved: int


class BulkTasksResult(BaseModel):
    """How many tasks were cancelled, or told to end; or started again."""

    changed: int


class BulkRetryResult(BulkTasksResult):
    """How many more would have been, were their customers not being erased."""

    customer_being_erased: int
