"""Asking for tasks by their jobs; `Worker` classes offer the same by their fields."""

from collections.abc import Iterable
from typing import Any

from warren.client.errors import InvalidJob
from warren.client.gateway_client import default_client
from warren.client.handle import TaskHandle
from warren.client.http_entrance import HttpEntrance
from warren.client.new_task import NewTask, options_of
from warren.client.surroundings import current_entrance
from warren.contracts.job import Job


def enqueue(job: Job, *, key: str | None = None, **options: Any) -> TaskHandle:
    """Ask for one task; returns once it cannot be lost any more.

    `options` are those of warren.contracts.submission.TaskOptions. With a `key` the same asking
    again gives the same task. Raises InvalidJob or PayloadTooLarge, and what the way in raises:
    GatewayUnreachable or RefusedByGateway outside of jobs, Unavailable inside.
    """
    return enter([NewTask(job, options_of(options), checked_key(key))])[0]


def enqueue_many(
    jobs: Iterable[Job], *, key: str | None = None, **options: Any
) -> list[TaskHandle]:
    """The same for many jobs, in chunks of up to 1,000, each accepted as a whole.

    If a later chunk is refused, BulkInterrupted tells what was accepted.
    """
    said = options_of(options)
    return enter(
        [NewTask(job, said, numbered_key(key, number)) for number, job in enumerate(jobs, start=1)]
    )


def enter(tasks: list[NewTask], result_type: Any = None) -> list[TaskHandle[Any]]:
    """Send tasks in by the way that is right for the caller; handles in the same order.

    `result_type` is what all of them return, if that is known.
    """
    if not tasks:
        return []
    entrance = current_entrance() or HttpEntrance(default_client())
    return [TaskHandle(task_id, result_type=result_type) for task_id in entrance.enqueue(tasks)]


def numbered_key(key: str | None, number: int) -> str | None:
    """The key of one of many tasks that are asked for together."""
    return None if checked_key(key) is None else f"{key}/{number}"


def checked_key(key: str | None) -> str | None:
    """`key`, if it can be one; raises InvalidJob."""
    if key is not None and not (isinstance(key, str) and 1 <= len(key) <= 200):
        raise InvalidJob(f"key is {key!r}: give a text of 1 to 200 characters", field="key")
    return key
