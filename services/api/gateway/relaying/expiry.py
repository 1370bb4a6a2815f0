"""Due rows of tasks that nobody has started by their time: they end instead of being published."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from gateway.relaying.due_row import DueRow
from gateway.tasks.ending import end_tasks
from warren.contracts.endings import Ending, expired
from warren.contracts.state_machine import TaskRow


def expired_rows(connection: Connection[Any], rows: Sequence[DueRow]) -> list[DueRow]:
    """Those whose time to start by has passed, on the database's clock, and that never ran."""
    limited = [row for row in rows if row.expires_at is not None and row.started_at is None]
    if not limited:
        return []
    clock = connection.execute("SELECT clock_timestamp()").fetchone()
    now = clock[0] if clock else None
    return [row for row in limited if now is not None and row.expires_at and row.expires_at <= now]


def end_expired(connection: Connection[Any], rows: Sequence[DueRow]) -> None:
    """End their tasks, in a transaction of its own.

    It locks tasks before rows of the outbox, as everybody does, and so not within the claim.
    """
    generations = {row.dispatch.task_id: row.dispatch.generation for row in rows}

    def ending_of(task: TaskRow) -> Ending | None:
        waits = task.started_at is None and task.generation == generations[task.id]
        return expired() if waits else None

    if generations:
        with connection.transaction():
            end_tasks(connection, generations, ending_of)
