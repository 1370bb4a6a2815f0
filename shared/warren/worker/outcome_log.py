"""One line for each outcome."""

from typing import Any

import structlog

from warren.contracts.states import WaitingFor
from warren.contracts.status import (
    Outcome,
    TaskFailed,
    TaskRetrying,
    TaskSucceeded,
    TaskWaiting,
)
from warren.worker.custody import HeldRun


def log_outcome(held: HeldRun, outcome: Outcome) -> None:
    """Say what became of a run, loudly if somebody may have to act."""
    run = held.run
    log = structlog.get_logger("warren.worker").bind(
        task=str(run.task_id),
        kind=run.kind,
        attempt=run.attempt,
        seconds=round(held.seconds, 3),
    )
    match outcome:
        case TaskSucceeded():
            log.info("task succeeded", artifacts=len(outcome.data.artifacts))
        case TaskRetrying(data=data):
            log.warning("task will be retried", delay=round(data.delay, 1), **_words(data.error))
        case TaskWaiting(data=data) if data.reason is WaitingFor.MEMBERS:
            log.info("task waits for its members", batch=str(data.batch_id))
        case TaskWaiting(data=data):
            log.warning(
                "task has to wait", reason=data.reason.value, delay=data.delay, **_words(data.error)
            )
        case TaskFailed(data=data) if data.source == "rejected":
            log.info("task was rejected", field=data.error.field, **_words(data.error))
        case TaskFailed(data=data):
            log.error(
                "task failed",
                source=data.source,
                **_words(data.error),
                exception=data.error.traceback,
            )
        case _:
            log.info("task was cancelled")


def _words(error: Any) -> dict[str, str]:
    return {} if error is None else {"error": f"{error.type}: {error.message}"}
