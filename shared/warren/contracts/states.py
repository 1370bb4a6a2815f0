"""States of a task, and what an unfinished one can be waiting for."""

from enum import StrEnum


class TaskState(StrEnum):
    """`scheduled → pending → processing → (retrying →) … → one of the four terminal states`."""

    SCHEDULED = "scheduled"
    PENDING = "pending"
    PROCESSING = "processing"
    RETRYING = "retrying"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def is_terminal(self) -> bool:
        """Final within a generation."""
        return self in TERMINAL_STATES


TERMINAL_STATES = frozenset(
    {TaskState.SUCCEEDED, TaskState.FAILED, TaskState.CANCELLED, TaskState.EXPIRED}
)


class WaitingFor(StrEnum):
    """Why a task is not running yet."""

    QUEUE = "queue"
    NO_WORKER = "no_worker"
    PAUSED = "paused"
    WINDOW = "window"
    RATE = "rate"
    CONCURRENCY = "concurrency"
    BACKOFF = "backoff"
    PROVIDER_DOWN = "provider_down"
    WORKER_VERSION = "worker_version"
    MEMBERS = "members"
