"""What can go wrong when a task is asked for, or waited for."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from warren.errors import (
    PermanentError,
    RejectedInput,
    TransientError,
    Unavailable,
    WarrenError,
)


class InvalidJob(RejectedInput):
    """The job's fields, or what is said about the task, do not fit; `field` names the first."""


class PayloadTooLarge(RejectedInput):
    """The payload is larger than a message may be; `field` names its largest part."""


class NotAMoment(RejectedInput):
    """A time that nobody can tell: no datetime, one without time zone, or one too far away."""


class FileNotSendable(RejectedInput):
    """A file that cannot be read twice, or that changed while it was sent."""


class FileDamaged(TransientError):
    """What arrived of a file is not what was stored."""


class GatewayUnreachable(Unavailable):
    """The gateway did not answer within the time-out; asking again later is safe.

    If it did answer, that it has no time now, `status` is HTTP's and `problem` its whole answer.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | str | None = None,
        status: int | None = None,
        problem: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message, retry_after=retry_after)
        self.status = status
        self.problem = problem


class RefusedByGateway(RejectedInput):
    """The gateway said no; `status` is HTTP's, `problem` its whole answer (RFC 9457)."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        errors = problem.get("errors") or [{}]
        title, detail = problem.get("title", f"HTTP {status}"), problem.get("detail", "")
        super().__init__(f"{title}: {detail}" if detail else str(title), field=_field(errors))
        self.status = status
        self.problem = problem


class BulkInterrupted(TransientError):
    """Not all of many tasks were accepted: those of `accepted` were, in the order given."""

    def __init__(self, accepted: Sequence[UUID], wanted: int, reason: WarrenError) -> None:
        super().__init__(
            f"{len(accepted)} of {wanted} tasks were accepted, then it was no more: {reason}"
        )
        self.accepted = list(accepted)


class TaskUnknown(PermanentError):
    """There is no such task, or the key's customer may not see it."""


class TaskNotFinished(TransientError):
    """The task has no result yet."""


class ResultDoesNotFit(PermanentError):
    """The task succeeded with a result of another shape; `result` is it, as JSON."""

    def __init__(self, message: str, result: Any) -> None:
        super().__init__(message)
        self.result = result


class TaskFailed(PermanentError):
    """The task failed; `error` is what is known of it: `type`, `message`, perhaps `field`."""

    def __init__(self, message: str, error: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.error = error or {}


class TaskExpired(TaskFailed):
    """The task was not started by its `expires_at`."""


class TaskCancelled(PermanentError):
    """The task was cancelled before it had a result."""


class WaitTimeout(TransientError):
    """The task has not ended within the time that somebody was ready to wait."""


class WaitInsideJob(PermanentError):
    """A job waited for another: with all slots waiting, none would be left to do the work."""


def _field(errors: Any) -> str | None:
    first = errors[0] if isinstance(errors, list) and errors else {}
    return first.get("field") if isinstance(first, dict) else None
