"""Batches: tasks whose members are tasks, and the job that follows the end of the last one."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from warren.contracts.job import Job
from warren.contracts.states import TaskState

#: The kind of the task that a batch is. No worker announces it.
BATCH_KIND = "api.batch"
MAX_MEMBERS = 10_000


class OutcomeDetail(StrEnum):
    """How much of its members a `BatchOutcome` tells: as much as fits into a payload."""

    #: Each member, with its result or error.
    RESULTS = "results"
    #: Each member with its state.
    STATES = "states"
    #: Those that did not succeed, with their states.
    UNSUCCESSFUL = "unsuccessful"
    #: Numbers only.
    COUNTS = "counts"


class MemberOutcome(BaseModel):
    """How a member has ended; `position` counts from 0 in the order in which they were given."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    position: int
    task_id: UUID
    state: TaskState
    result: Any = None
    error: dict[str, Any] | None = None


class BatchOutcome(BaseModel):
    """How a batch has ended. `generation` grows when it is retried."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    batch_id: UUID
    generation: int
    total: int
    succeeded: int
    failed: int
    cancelled: int
    expired: int
    detail: OutcomeDetail
    members: list[MemberOutcome] = []


class BatchCallback(Job):
    """Base of jobs that follow a batch; whoever asks for one leaves `batch` out."""

    batch: BatchOutcome | None = None
