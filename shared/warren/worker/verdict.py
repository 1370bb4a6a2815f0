"""What came of a run, in a form that also travels out of a slot process."""

import traceback
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from warren.contracts.artifact import ArtifactRef
from warren.contracts.events import EmittedEvent
from warren.contracts.status import ErrorInfo
from warren.errors import JobCancelled, PermanentError, RejectedInput, Unavailable, WarrenError
from warren.observability.redaction import redact
from warren.providers import ProviderDown
from warren.worker.joining import MembersAwaited

MAX_MESSAGE_BYTES = 2 * 1024
MAX_TRACEBACK_BYTES = 16 * 1024

Category = Literal[
    "transient", "unavailable", "members", "permanent", "rejected", "crashed", "cancelled"
]


@dataclass(frozen=True, slots=True)
class Success:
    """A result as JSON can hold it, the files it is made of and the events it causes."""

    result: Any
    artifacts: tuple[ArtifactRef, ...] = ()
    events: tuple[EmittedEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """An error and what it means for the task; `retry_after` in seconds.

    With the category `members` it is none: the task waits for the end of the batch `batch_id`.
    """

    category: Category
    error: ErrorInfo
    retry_after: float | None = None
    #: The allocation of memory failed.
    out_of_memory: bool = False
    batch_id: UUID | None = None


class JobFailed(WarrenError):
    """A job failed in its slot process; carries what the slot reported."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.error.type}: {failure.error.message}")
        self.failure = failure


def failure_of(error: BaseException) -> Failure:
    """What an exception of a job means (warren.errors); anything unknown is transient."""
    if isinstance(error, JobFailed):
        return error.failure
    if isinstance(error, MembersAwaited):
        info = ErrorInfo(type=type(error).__name__, message=str(error))
        return Failure("members", info, batch_id=error.batch_id)
    retry_after = error.retry_after if isinstance(error, Unavailable) else None
    return Failure(_category(error), error_info(error), retry_after, isinstance(error, MemoryError))


def _category(error: BaseException) -> Category:
    if isinstance(error, Unavailable):
        return "unavailable"
    if isinstance(error, RejectedInput):
        return "rejected"
    if isinstance(error, PermanentError):
        return "permanent"
    if isinstance(error, JobCancelled):
        return "cancelled"
    return "transient"


def error_info(error: BaseException) -> ErrorInfo:
    """Type, message and traceback of an error, redacted and bounded."""
    stack = "".join(traceback.format_exception(error))
    return ErrorInfo(
        type=type(error).__name__,
        message=bounded_and_redacted(_text_of(error), MAX_MESSAGE_BYTES),
        field=error.field if isinstance(error, RejectedInput) else None,
        provider=error.provider if isinstance(error, ProviderDown) else None,
        traceback=bounded_and_redacted(stack, MAX_TRACEBACK_BYTES),
    )


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the exception is foreign, its __str__ may do anything
        return "(its text could not be read)"


def bounded_and_redacted(text: str, limit: int = MAX_TRACEBACK_BYTES) -> str:
    """Text of a job or its process as it may be kept: without secrets, `limit` bytes at most."""
    # Cut twice: patterns never see megabytes, and where the first cut could split a secret lies
    # inside what the second takes out.
    return _bounded(redact(_bounded(text, 4 * limit)), limit)


def _bounded(text: str, limit: int) -> str:
    """At most `limit` bytes of UTF-8: a little of the beginning, most of the end."""
    data = text.encode(errors="replace")
    if len(data) <= limit:
        return data.decode()
    gap = f"\n… {len(data) - limit} bytes left out …\n"
    room = limit - len(gap.encode()) - 16
    head = data[: room // 4].decode(errors="ignore")
    return head + gap + data[-(room - room // 4) :].decode(errors="ignore")
