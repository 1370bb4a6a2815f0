"""The four ways a job can go wrong; every error of ours derives from one of them.

The class decides what happens to the task (contracts.md, *errors*):

| base | what follows |
|---|---|
| `TransientError` | another attempt after a delay, until the attempts are spent |
| `Unavailable` | wait without spending an attempt, up to the job's `max_age` |
| `PermanentError` | the task fails and is kept as a dead letter |
| `RejectedInput` | the task fails; it was the caller's fault, so no dead letter |

An exception that is none of these counts as transient.
"""

import math

#: Seconds; nobody waits longer than a year and a month for another attempt.
_LONGEST_WAIT = 400 * 86_400.0


class WarrenError(Exception):
    """Base of all errors that Warren defines."""


class TransientError(WarrenError):
    """Something failed that may well work the next time."""


class Unavailable(WarrenError):
    """A dependency is not there; waiting helps, trying harder does not.

    `retry_after` is in seconds (a number or its text, as in a header) and overrides the job's own
    back-off when given. It is None if it was no number, or none between 0 and 400 days.
    """

    retry_after: float | None = None

    def __init__(self, message: str, *, retry_after: float | str | None = None) -> None:
        super().__init__(message)
        self.retry_after = _wait(retry_after)


class PermanentError(WarrenError):
    """Will fail again however often it is tried."""


class RejectedInput(WarrenError):
    """The caller's input cannot be processed; `field` names the part at fault."""

    field: str | None = None

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        # Whatever a job gives: the error must reach the caller.
        self.field = None if field is None else str(field)


class TimeLimitExceeded(TransientError):
    """The job ran longer than its hard or soft time limit."""


class JobCancelled(WarrenError):
    """The task was cancelled while it ran; a job may clean up on it, and is not retried."""


class ConfigurationError(WarrenError):
    """The process cannot start as it is configured; the message says what to do."""


def _wait(given: object) -> float | None:
    try:
        seconds = float(str(given))
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and 0 <= seconds <= _LONGEST_WAIT else None
