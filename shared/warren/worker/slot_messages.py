"""What a slot process and its parent say to each other, beside the jobs themselves."""

from dataclasses import dataclass, field
from uuid import UUID

from warren.worker.job_report import Report
from warren.worker.verdict import Failure, Success


@dataclass(frozen=True, slots=True)
class SpawnRequest:
    """A command for `warren.intake`, which the parent is to publish."""

    number: int
    body: bytes


@dataclass(frozen=True, slots=True)
class SpawnAnswer:
    """The broker has confirmed the command of that number, unless there is a problem."""

    number: int
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class RunMessage:
    """How a run goes, or what came of it."""

    run_id: UUID
    content: Report | Success | Failure | SpawnRequest


@dataclass(frozen=True, slots=True)
class SlotReady:
    """Models are loaded; jobs may come."""

    #: How long that took, by kind, in seconds.
    loads: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SlotNotStarted:
    """The service could not be loaded; the slot is about to exit."""

    reason: str
