"""Whether the calling code is part of a job, and where its tasks go.

Threads that a job starts by itself do not inherit this; `asyncio.to_thread` and tasks of an event
loop do, and so does `contextvars.copy_context().run`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from warren.client.new_task import Entrance

_entrance: ContextVar[Entrance | None] = ContextVar("warren_entrance", default=None)
_job: ContextVar[UUID | None] = ContextVar("warren_job", default=None)


def current_entrance() -> Entrance | None:
    """Where tasks go from here; None for the gateway that the environment names."""
    return _entrance.get()


def current_job() -> UUID | None:
    """The task whose job is calling; None outside of jobs."""
    return _job.get()


@contextmanager
def entering_by(entrance: Entrance) -> Iterator[None]:
    """Within this block new tasks go to `entrance`."""
    token = _entrance.set(entrance)
    try:
        yield
    finally:
        _entrance.reset(token)


@contextmanager
def inside_job(task_id: UUID, entrance: Entrance | None) -> Iterator[None]:
    """Around the `perform` of a task: its own new tasks go to `entrance`."""
    token = _job.set(task_id)
    entered = _entrance.set(entrance)
    try:
        yield
    finally:
        _entrance.reset(entered)
        _job.reset(token)
