"""Batches of tasks whose partitions are gone."""

from typing import Any, LiteralString

from psycopg import Connection

#: As long as the summary of a task stays at most.
_DAYS, _MOST = 400, 10_000
_FORGET_MEMBERS: LiteralString = """
DELETE FROM batch_members WHERE task_id IN (SELECT task_id FROM batch_members
    WHERE task_id < uuid7_floor(now() - make_interval(days => %s)) ORDER BY task_id LIMIT %s)
"""
_FORGET_BATCHES: LiteralString = """
DELETE FROM batches WHERE task_id IN (SELECT task_id FROM batches
    WHERE task_id < uuid7_floor(now() - make_interval(days => %s)) ORDER BY task_id LIMIT %s)
"""


def forget_batches(connection: Connection[Any]) -> None:
    """Within a transaction: some of those that are as old as no task is."""
    for statement in (_FORGET_MEMBERS, _FORGET_BATCHES):
        connection.execute(statement, [_DAYS, _MOST])
