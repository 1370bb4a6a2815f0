"""What a run is told: the job as it stood in its message, and which run of it this is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of one dispatch of a task; travels to a slot process as it is."""

    run_id: UUID
    task_id: UUID
    generation: int
    dispatch: int
    attempt: int
    customer_id: UUID
    kind: str
    version: int
    payload: Any
    #: An earlier run of this task may have finished already: by broker, relay or retry.
    repeated: bool
    traceparent: str | None = None
    #: When a run of this generation began first; None if this is the first.
    started_at: datetime | None = None
