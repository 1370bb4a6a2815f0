"""What a slot process says to its parent."""

from dataclasses import dataclass
from uuid import UUID

from warren.worker.job_report import Report
from warren.worker.verdict import Failure, Success


@dataclass(frozen=True, slots=True)
class RunMessage:
    """How a run goes, or what came of it."""

    run_id: UUID
    content: Report | Success | Failure


@dataclass(frozen=True, slots=True)
class SlotReady:
    """Models are loaded; jobs may come."""


@dataclass(frozen=True, slots=True)
class SlotNotStarted:
    """The service could not be loaded; the slot is about to exit."""

    reason: str
