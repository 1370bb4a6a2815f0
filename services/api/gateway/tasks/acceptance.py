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

#: While one batch commits, the next one forms and may start; more only makes batches smaller.
_WRITERS = 2
_WAITING_LIMIT = 10_000
_log = structlog.get_logger(__name__)

# One statement, so one round trip and one commit. Ids are ours: written again after a lost
# connection, a task that did get committed is left alone, and so is its outbox row.
_ACCEPT = """
WITH submitted AS (
    SELECT *, coalesce(run_at, now() + delay_seconds * interval '1 second') AS due_at
    FROM json_to_recordset(%s::json) AS row (
        id uuid, customer_id uuid, user_id text, actor text, kind text, version integer,
        queue text, lane text, payload jsonb, metadata jsonb, tags text[], traceparent text,
        max_attempts integer, run_at timestamptz, delay_seconds double precision,
        expires_at timestamptz)
), accepted AS (
    INSERT INTO tasks (id, customer_id, user_id, actor, kind, version, queue, lane, payload,
        metadata, tags, traceparent, max_attempts, due_at, expires_at, state)
    SELECT id, customer_id, user_id, actor, kind, version, queue, lane, payload,
        metadata, tags, traceparent, max_attempts, due_at, expires_at,
        CASE WHEN due_at > now() THEN 'scheduled' ELSE 'pending' END
    FROM submitted
    ON CONFLICT (id) DO NOTHING
    RETURNING id, kind, version, queue, customer_id, due_at, state, created_at
), kept AS (
    INSERT INTO artifacts (id, customer_id, sha256, size, media_type, name, task_id)
    SELECT id, customer_id, sha256, size, media_type, name, task_id
    FROM json_to_recordset(%s::json) AS row (id uuid, customer_id uuid, sha256 text, size bigint,
        media_type text, name text, task_id uuid)
    ON CONFLICT (id) DO NOTHING
), queued AS (
    INSERT INTO outbox (task_id, generation, dispatch, attempt, kind, version, queue, customer_id,
        available_at)
    SELECT id, 1, 1, 1, kind, version, queue, customer_id, greatest(due_at, now()) FROM accepted
)
SELECT id, state, created_at, (SELECT pg_notify('warren_outbox', '')) FROM accepted
"""
_ALREADY_ACCEPTED = "SELECT id, state, created_at FROM tasks WHERE id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class NewTask:
    """A valid submission: `columns` as the statement above names them, and its new artifacts."""

    id: UUID
    columns: dict[str, Any]
    artifacts: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What the caller is told: the task is committed."""

    task_id: UUID
    state: str
    created_at: datetime


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

    async def _write_on(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < self._batch and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            await self._write(batch)

    async def _write(self, batch: list[_Waiting]) -> None:
        try:
            rows = await self._commit([waiting.task for waiting in batch])
        except psycopg.OperationalError as error:
            _log.warning("submissions_refused", count=len(batch), error=str(error))
            _fail(batch, DatabaseUnavailable("PostgreSQL does not answer; try again in a moment"))
        except psycopg.Error as error:
            await self._write_apart(batch, error)
        except BaseException as error:
            # Nobody may be left waiting, whatever happens to this writer.
            _fail(batch, error)
            if not isinstance(error, Exception):
                raise
        else:
            _succeed(batch, rows)

    async def _write_apart(self, batch: list[_Waiting], error: psycopg.Error) -> None:
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

    async def _commit(self, tasks: list[NewTask]) -> list[DictRow]:
        arguments = [
            orjson.dumps([task.columns for task in tasks]).decode(),
            orjson.dumps([artifact for task in tasks for artifact in task.artifacts]).decode(),
        ]
        ids = [task.id for task in tasks]
        try:
            async with self._pool.connection() as connection:
                return await _accept(connection, arguments, ids)
        except PoolTimeout:
            raise
        except psycopg.OperationalError:
            # The connection broke, and nobody knows whether before the commit or after it.
            async with self._pool.connection() as connection:
                return await _accept(connection, arguments, ids)


async def _accept(
    connection: AsyncConnection[DictRow], arguments: list[str], ids: list[UUID]
) -> list[DictRow]:
    rows = await (await connection.execute(_ACCEPT, arguments)).fetchall()
    if len(rows) < len(ids):
        rows += await (await connection.execute(_ALREADY_ACCEPTED, [ids])).fetchall()
    return rows


def _succeed(batch: list[_Waiting], rows: list[DictRow]) -> None:
    by_id = {row["id"]: row for row in rows}
    for waiting in batch:
        row = by_id[waiting.task.id]
        if not waiting.accepted.done():
            waiting.accepted.set_result(Acceptance(row["id"], row["state"], row["created_at"]))


def _fail(batch: list[_Waiting], error: BaseException) -> None:
    for waiting in batch:
        if waiting.accepted.done():
            continue
        if isinstance(error, asyncio.CancelledError):
            waiting.accepted.cancel()
        else:
            waiting.accepted.set_exception(error)
