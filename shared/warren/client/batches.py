"""Asking for a batch: many jobs, and one that follows when the last of them has ended."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from warren.client.enqueueing import checked_key
from warren.client.errors import InvalidJob
from warren.client.gateway_client import default_client
from warren.client.handle import TaskHandle
from warren.client.http_entrance import HttpEntrance
from warren.client.new_task import Entrance, NewTask, options_of
from warren.client.surroundings import current_entrance
from warren.contracts.batches import MAX_MEMBERS, BatchCallback
from warren.contracts.job import Job
from warren.contracts.submission import TaskOptions


@runtime_checkable
class BatchEntrance(Protocol):
    """A way for batches into the system."""

    def enqueue_batch(
        self, tasks: Sequence[NewTask], then: NewTask | None, key: str | None
    ) -> UUID:
        """The id of the batch, once none of its members can be lost; raises a WarrenError."""
        ...


def enter_batch(
    jobs: Iterable[Job],
    then: BatchCallback | None,
    *,
    key: str | None,
    options: Mapping[str, Any],
    entrance: Entrance | None = None,
) -> TaskHandle:
    """Send in 1 to 10,000 jobs, each with these options, by the way that is right for the caller.

    Returns the handle of the batch. Raises InvalidJob, and what the way in raises.
    """
    said = options_of(options)
    tasks = [NewTask(job, said) for job in jobs]
    if not 1 <= len(tasks) <= MAX_MEMBERS:
        raise InvalidJob(f"a batch has 1 to {MAX_MEMBERS} jobs, not {len(tasks)}", field="jobs")
    if then is not None and not isinstance(then, BatchCallback):
        raise InvalidJob(
            f"{type(then).__name__} cannot follow a batch: derive it from "
            "warren.contracts.batches.BatchCallback, whose field `batch` tells how it has ended",
            field="then",
        )
    way = entrance or current_entrance() or HttpEntrance(default_client())
    if not isinstance(way, BatchEntrance):
        raise InvalidJob(f"{type(way).__name__} takes no batches", field="jobs")
    last = None if then is None else NewTask(then, TaskOptions())
    return TaskHandle(way.enqueue_batch(tasks, last, checked_key(key)))
