"""Writing accepted tasks: concurrent submissions share one transaction."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.customers.problems import KeyGone
from gateway.database import Pool
from gateway.problems import DatabaseUnavailable, Problem
from gateway.tasks.acceptance_sql import ACCEPT, ALREADY_ACCEPTED, KEY_HOLDERS, LIVING_KEYS
from gateway.tasks.measures import task_numbers
from gateway.tasks.shared_commits import (
    ELSEWHERE,
    SharedCommits,
    database_unavailable,
    not_storable,
)

_log = structlog.get_logger(__name__)

#: A key that is taken when the task is written, and free a moment later, is tried again.
_TRIES = 5


@dataclass(frozen=True, slots=True)
class NewTask:
    """A valid submission: `columns` as the statement above names them, and its new artifacts."""

    id: UUID
    columns: dict[str, Any]
    artifacts: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What the caller is told: the task is committed.

    `unique`: it is an earlier one that still lives, and has the same unique key.
    """

    task_id: UUID
    state: str
    created_at: datetime
    unique: bool = False


Beside = Callable[[AsyncConnection[DictRow], dict[UUID, Acceptance]], Awaitable[None]]


class AcceptanceWriter:
    """Takes new tasks from concurrent requests and commits them together, in order of arrival.

    Its owner calls `start` within a running event loop, and `close`.
    """

    def __init__(self, pool: Pool, *, batch: int) -> None:
        self._pool = pool
        self._commits = SharedCommits(pool, _accept_each, batch=batch)

    def start(self) -> None:
        """Start writing."""
        self._commits.start()

    async def close(self) -> None:
        """Stop writing; whoever still waits gets CancelledError."""
        await self._commits.close()

    async def accept(self, task: NewTask) -> Acceptance:
        """Return once `task` is committed.

        Raises DatabaseUnavailable if it could not be, InvalidFields if PostgreSQL cannot store it.
        """
        return await self._commits.submit(task)

    async def accept_together(
        self, tasks: list[NewTask], beside: Beside | None = None
    ) -> list[Acceptance]:
        """Return once all of `tasks` are committed, in a transaction of their own: all or none.

        `beside` writes what belongs to them in that transaction, and is told their answers. Raises
        DatabaseUnavailable if they could not be, InvalidFields if PostgreSQL cannot store one of
        them.
        """
        try:
            async with self._pool.connection() as connection, connection.transaction():
                answers = await accept_tasks(connection, tasks)
                if beside is not None and len(answers) == len(tasks):
                    await beside(connection, answers)
        except ELSEWHERE as error:
            _log.warning("submissions_refused", count=len(tasks), error=str(error))
            raise database_unavailable() from error
        except psycopg.DataError as error:
            raise not_storable("items", error) from error
        if len(answers) < len(tasks):
            raise _come_and_go()
        return [answers[task.id] for task in tasks]


async def _accept_each(
    connection: AsyncConnection[DictRow], tasks: list[NewTask]
) -> list[Acceptance | Problem]:
    answers = await accept_tasks(connection, tasks)
    return [answers.get(task.id) or _come_and_go() for task in tasks]


async def accept_tasks(
    connection: AsyncConnection[DictRow], tasks: list[NewTask]
) -> dict[UUID, Acceptance]:
    """Write the tasks, all or none; answers by their ids. Raises psycopg.Error, or KeyGone.

    May be part of a transaction of the caller's. An id that is written already is left alone.
    """
    try:
        return await _accept(connection, tasks)
    except psycopg.errors.ReadOnlySqlTransaction:
        # This server has become a standby: a new connection may find the one that took over.
        await connection.close()
        raise


async def _accept(
    connection: AsyncConnection[DictRow], tasks: list[NewTask]
) -> dict[UUID, Acceptance]:
    """Answers by the ids of `tasks`."""
    answers: dict[UUID, Acceptance] = {}
    for _ in range(_TRIES):
        answers |= await _insert(connection, _unanswered(tasks, answers))
        if missing := _unanswered(tasks, answers):
            answers |= await _find(connection, missing)
        if len(answers) == len(tasks):
            break
        await _ensure_keys(connection, _unanswered(tasks, answers))
    return answers


async def _ensure_keys(connection: AsyncConnection[DictRow], tasks: list[NewTask]) -> None:
    """Raise KeyGone if the customer of one of these, which were not written, is being erased."""
    keys = {key for task in tasks if (key := task.columns.get("key_id")) is not None}
    if not keys:
        return
    cursor = await connection.execute(LIVING_KEYS, [list(keys)])
    gone = keys - {row["id"] for row in await cursor.fetchall()}
    refused = [task for task in tasks if task.columns.get("key_id") in gone]
    if refused:
        raise KeyGone([file["sha256"] for task in refused for file in task.artifacts])


def _unanswered(tasks: list[NewTask], answers: dict[UUID, Acceptance]) -> list[NewTask]:
    return [task for task in tasks if task.id not in answers]


async def _insert(
    connection: AsyncConnection[DictRow], tasks: list[NewTask]
) -> dict[UUID, Acceptance]:
    arguments = [
        orjson.dumps([task.columns for task in tasks]).decode(),
        orjson.dumps([artifact for task in tasks for artifact in task.artifacts]).decode(),
    ]
    rows = await (await connection.execute(ACCEPT, arguments)).fetchall()
    new = {row["id"]: Acceptance(row["id"], row["state"], row["created_at"]) for row in rows}
    task_numbers().submitted(task.columns for task in tasks if task.id in new)
    return new


async def accepted_before(
    connection: AsyncConnection[DictRow], ids: Sequence[UUID]
) -> dict[UUID, Acceptance]:
    """Those of these tasks that are there: a write beside them has been done, and is not again."""
    rows = await (await connection.execute(ALREADY_ACCEPTED, [list(ids)])).fetchall()
    return {row["id"]: Acceptance(row["id"], row["state"], row["created_at"]) for row in rows}


async def _find(
    connection: AsyncConnection[DictRow], tasks: list[NewTask]
) -> dict[UUID, Acceptance]:
    """Tasks that were written before: these themselves, or those that hold their unique keys."""
    found = await accepted_before(connection, [task.id for task in tasks])
    keys = ("id", "customer_id", "kind", "unique_key")
    others = [{key: task.columns.get(key) for key in keys} for task in _unanswered(tasks, found)]
    if others:
        rows = await (
            await connection.execute(KEY_HOLDERS, [orjson.dumps(others).decode()])
        ).fetchall()
        for row in rows:
            found[row["submitted"]] = Acceptance(row["id"], row["state"], row["created_at"], True)
    return found


def _come_and_go() -> DatabaseUnavailable:
    return DatabaseUnavailable("tasks with this unique_key come and go; try again")
