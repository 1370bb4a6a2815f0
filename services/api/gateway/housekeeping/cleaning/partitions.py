"""Old weeks of history, of tasks and of the audit end by dropping their partitions."""

from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import structlog
from psycopg import Connection, sql

from gateway.housekeeping.cleaning.report import Tally
from warren.contracts.ids import lowest_id

_WEEK = timedelta(days=7)

_PARTITIONS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = %s::text::regclass AND c.relname ~ '_[0-9]{8}$' ORDER BY c.relname
"""
# What runs needs its history: the numbers of its events go on from there.
_RUNS = """
SELECT EXISTS (SELECT FROM in_flight WHERE task_id >= %(low)s AND task_id < %(high)s)
    OR EXISTS (SELECT FROM outbox WHERE task_id >= %(low)s AND task_id < %(high)s
        AND available_at < now() + interval '1 day')
"""
# What may still run, or start again, needs its row.
_NEEDED = """
SELECT EXISTS (SELECT FROM outbox WHERE task_id >= %(low)s AND task_id < %(high)s)
    OR EXISTS (SELECT FROM in_flight WHERE task_id >= %(low)s AND task_id < %(high)s)
    OR EXISTS (SELECT FROM dead_letters WHERE resolution IS NULL
        AND task_id >= %(low)s AND task_id < %(high)s)
    OR EXISTS (SELECT FROM tasks WHERE id >= %(low)s AND id < %(high)s
        AND state NOT IN ('succeeded', 'failed', 'cancelled', 'expired'))
"""
_IN_USE: dict[str, LiteralString] = {"tasks": _NEEDED, "task_history": _RUNS}
# Whoever reads or writes the table waits behind a drop that waits: better tomorrow than long.
_PATIENCE = "SET LOCAL lock_timeout = '2s'"


def drop_old_partitions(
    connection: Connection[Any], parent: str, before: datetime, tally: Tally
) -> list[str]:
    """Drop the weeks of `parent`, one of those tables, that lie wholly before a moment.

    A week of tasks stays while one of them lives or has an open dead letter, one of history while
    such a task runs, or is about to. Returns the names.
    """
    names = [row[0] for row in connection.execute(_PARTITIONS, [parent])]
    return [
        name
        for name in names
        if _monday(name) + _WEEK <= before and _drop(connection, parent, name, tally)
    ]


def _monday(partition: str) -> datetime:
    return datetime.strptime(partition.rpartition("_")[2], "%Y%m%d").replace(tzinfo=UTC)


def _drop(connection: Connection[Any], parent: str, name: str, tally: Tally) -> bool:
    bounds = {"low": lowest_id(_monday(name)), "high": lowest_id(_monday(name) + _WEEK)}
    if tally.dry_run:
        return not _is_in_use(connection, parent, bounds)
    try:
        with connection.transaction():
            connection.execute(_PATIENCE)
            table = sql.Identifier(name)
            connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(table))
            if _is_in_use(connection, parent, bounds):
                return False
            connection.execute(sql.SQL("DROP TABLE {}").format(table))
    except psycopg.errors.LockNotAvailable as error:
        tally.add_error(error)
        return False
    except psycopg.errors.UndefinedTable:
        return False  # another run has dropped it
    structlog.get_logger("warren.housekeeper").info("dropped an old partition", partition=name)
    return True


def _is_in_use(connection: Connection[Any], parent: str, bounds: dict[str, UUID]) -> bool:
    if (query := _IN_USE.get(parent)) is None:
        return False
    ((used,),) = connection.execute(query, bounds).fetchall()
    return bool(used)
