"""Bulk actions on dead letters, as jobs: tracked, throttled, and ended by a cancellation."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, Field

from gateway.dead_letters.selection import LetterFilter
from warren.contracts.job import Job

Filter = Annotated[
    LetterFilter,
    Field(description="At least one condition.", json_schema_extra={"minProperties": 1}),
]


class ReplayDeadLetters(Job):
    """Start the next generation of every task that an open dead letter of the filter tells of."""

    kind: ClassVar[str] = "api.replay"

    filter: Filter


class DiscardDeadLetters(Job):
    """Set every open dead letter of the filter aside for good, saying why."""

    kind: ClassVar[str] = "api.discard"

    filter: Filter
    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]


class BulkResult(BaseModel):
    """How many dead letters were resolved."""

    resolved: int
