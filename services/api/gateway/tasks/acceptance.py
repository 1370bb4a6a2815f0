"""Writing accepted tasks: concurrent submissions share one transaction."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import PoolTimeout

from gateway.database import Pool
from gateway.problems import DatabaseUnavailable, FieldError, InvalidFields
from gateway.tasks.acceptance_sql import ACCEPT, ALREADY_ACCEPTED, KEY_HOLDERS

#: While one batch commits, the next one forms and may start; more only makes batches smaller.
_WRITERS = 2
_WAITING_LIMIT = 10_000
#: Another connection, or the same after a while, may do better.
_ELSEWHERE = (psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction)
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


@dataclass(frozen=True, slots=True)
class _Waiting:
    task: NewTask
    accepted: asyncio.Future[Acceptance]


class AcceptanceWriter:
    """Takes new tasks from concurrent requests and commits them together, in order of arrival.

    Its owner calls `start` within a running event loop, and `close`.
    """

    def __init__(self, pool: Pool, *, batch: int) -> None:
        self._pool = pool
        self._batch = batch
        self._waiting: asyncio.Queue[_Waiting] = asyncio.Queue(_WAITING_LIMIT)
        self._writers: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start writing."""
        self._writers = [asyncio.create_task(self._write_on()) for _ in range(_WRITERS)]

    async def close(self) -> None:
        """Stop writing; whoever still waits gets CancelledError."""
        for writer in self._writers:
            writer.cancel()
        await asyncio.gather(*self._writers, return_exceptions=True)
        while not self._waiting.empty():
            self._waiting.get_nowait().accepted.cancel()

    async def accept(self, task: NewTask) -> Acceptance:
        """Return once `task` is committed.

        Raises DatabaseUnavailable if it could not be, InvalidFields if PostgreSQL cannot store it.
        """
        waiting = _Waiting(task, asyncio.get_running_loop().create_future())
        try:
            self._waiting.put_nowait(waiting)
        except asyncio.QueueFull as error:
            raise DatabaseUnavailable(
                f"{_WAITING_LIMIT} submissions are waiting to be written; try again in a moment"
            ) from error
        return await waiting.accepted

    async def accept_together(self, tasks: list[NewTask]) -> list[Acceptance]:
        """Return once all of `tasks` are committed, in a transaction of their own: all or none.

        Raises DatabaseUnavailable if they could not be, InvalidFields if PostgreSQL cannot store
        one of them.
        """
        try:
            async with self._pool.connection() as connection, connection.transaction():
                answers = await accept_tasks(connection, tasks)
        except _ELSEWHERE as error:
            _log.warning("submissions_refused", count=len(tasks), error=str(error))
            raise _unavailable() from error
        except psycopg.DataError as error:
            what = f"cannot be stored: {str(error).splitlines()[0]}"
            raise InvalidFields([FieldError("items", what)]) from error
        if len(answers) < len(tasks):
            raise _come_and_go()
        return [answers[task.id] for task in tasks]

    async def _write_on(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < self._batch and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            await self._write(batch)

    async def _write(self, batch: list[_Waiting]) -> None:
        try:
            answers = await self._commit([waiting.task for waiting in batch])
            _succeed(batch, answers)
        except _ELSEWHERE as error:
            _log.warning("submissions_refused", count=len(batch), error=str(error))
            _fail(batch, _unavailable())
        except Exception as error:  # noqa: BLE001 - a writer survives whatever its tasks provoke
            await self._write_apart(batch, error)
        except BaseException as error:
            # Nobody may be left waiting when this writer is stopped.
            _fail(batch, error)
            raise

    async def _write_apart(self, batch: list[_Waiting], error: Exception) -> None:
        """One of them cannot be stored: its neighbours must not pay for it."""
        if len(batch) > 1:
            for waiting in batch:
                await self._write([waiting])
            return
        _log.warning("submission_not_storable", task_id=str(batch[0].task.id), error=str(error))
        if isinstance(error, psycopg.DataError):
            what = f"cannot be stored: {str(error).splitlines()[0]}"
            _fail(batch, InvalidFields([FieldError("payload", what)]))
        else:
            _fail(batch, error)

    async def _commit(self, tasks: list[NewTask]) -> dict[UUID, Acceptance]:
        try:
            async with self._pool.connection() as connection:
                return await accept_tasks(connection, tasks)
        except PoolTimeout:
            raise
        except _ELSEWHERE:
            # The connection broke, and nobody knows whether before the commit or after it.
            async with self._pool.connection() as connection:
                return await accept_tasks(connection, tasks)


async def accept_tasks(
    connection: AsyncConnection[DictRow], tasks: list[NewTask]
) -> dict[UUID, Acceptance]:
    """Write the tasks, all or none; answers by their ids. Raises psycopg.Error.

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
    return answers


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
    return {row["id"]: Acceptance(row["id"], row["state"], row["created_at"]) for row in rows}


async def _find(
    connection: AsyncConnection[DictRow], tasks: list[NewTask]
) -> dict[UUID, Acceptance]:
    """Tasks that were written before: these themselves, or those that hold their unique keys."""
    ids = [task.id for task in tasks]
    rows = await (await connection.execute(ALREADY_ACCEPTED, [ids])).fetchall()
    found = {row["id"]: Acceptance(row["id"], row["state"], row["created_at"]) for row in rows}
    keys = ("id", "customer_id", "kind", "unique_key")
    others = [{key: task.columns.get(key) for key in keys} for task in _unanswered(tasks, found)]
    if others:
        rows = await (
            await connection.execute(KEY_HOLDERS, [orjson.dumps(others).decode()])
        ).fetchall()
        for row in rows:
            found[row["submitted"]] = Acceptance(row["id"], row["state"], row["created_at"], True)
    return found


def _succeed(batch: list[_Waiting], answers: dict[UUID, Acceptance]) -> None:
    for waiting in batch:
        answer = answers.get(waiting.task.id)
        if waiting.accepted.done():
            continue
        if answer is None:
            waiting.accepted.set_exception(_come_and_go())
        else:
            waiting.accepted.set_result(answer)


def _fail(batch: list[_Waiting], error: BaseException) -> None:
    for waiting in batch:
        if waiting.accepted.done():
            continue
        if isinstance(error, asyncio.CancelledError):
            waiting.accepted.cancel()
        else:
            waiting.accepted.set_exception(error)


def _unavailable() -> DatabaseUnavailable:
    return DatabaseUnavailable("PostgreSQL does not answer; try again in a moment")


def _come_and_go() -> DatabaseUnavailable:
    return DatabaseUnavailable("tasks with this unique_key come and go; try again")
