"""Rows of a domain and the tasks that follow from them, in one transaction."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import PoolTimeout

from gateway.database import Pool
from gateway.tasks.acceptance import NewTask, accept_tasks
from gateway.tasks.shared_commits import ELSEWHERE, database_unavailable, not_storable

T = TypeVar("T")
#: Changes rows; returns what the caller is told, and the tasks that are accepted with the rows.
Change = Callable[[AsyncConnection[DictRow]], Awaitable[tuple[T, Sequence[NewTask]]]]
_log = structlog.get_logger(__name__)


async def write_with_tasks(pool: Pool, change: Change[T], *, field: str = "body") -> T:
    """Commit what `change` writes together with its tasks, or nothing.

    It is called again when the connection broke, before the commit or after it: it asks
    gateway.tasks.acceptance.accepted_before whether its tasks are there, and writes nothing then.
    Raises DatabaseUnavailable, InvalidFields for a value (of `field`) that PostgreSQL cannot
    store, and whatever `change` raises.
    """
    try:
        try:
            return await _commit(pool, change)
        except PoolTimeout:
            raise
        except ELSEWHERE:
            return await _commit(pool, change)
    except ELSEWHERE as error:
        _log.warning("write_refused", error=str(error))
        raise database_unavailable() from error
    except psycopg.DataError as error:
        raise not_storable(field, error) from error


async def _commit(pool: Pool, change: Change[T]) -> T:
    async with pool.connection() as connection, connection.transaction():
        answer, tasks = await change(connection)
        if tasks:
            await accept_tasks(connection, list(tasks))
        return answer
