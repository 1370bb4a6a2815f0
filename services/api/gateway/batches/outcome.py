"""What a callback is told of the members: as much as fits into its payload."""

from collections.abc import Iterator
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row

from warren.contracts.batch_end import Tally, outcome_that_fits
from warren.contracts.batches import BatchOutcome, OutcomeDetail

_SIZE: LiteralString = """
SELECT coalesce(sum(octet_length(coalesce(t.result::text, '')) + octet_length(coalesce(
    (t.error - 'traceback')::text, ''))), 0)::bigint
FROM batch_members m JOIN tasks t ON t.id = m.task_id WHERE m.batch_id = %s
"""
_RESULTS: LiteralString = """
SELECT m.position, m.task_id, m.state, t.result, t.error - 'traceback' AS error
FROM batch_members m JOIN tasks t ON t.id = m.task_id WHERE m.batch_id = %s ORDER BY m.position
"""
_STATES: LiteralString = """
SELECT position, task_id, state FROM batch_members WHERE batch_id = %s ORDER BY position
"""
_UNSUCCESSFUL: LiteralString = """
SELECT position, task_id, state FROM batch_members
WHERE batch_id = %s AND state <> 'succeeded' ORDER BY position
"""


def batch_outcome(
    connection: Connection[Any], generation: int, tally: Tally, room: int
) -> BatchOutcome:
    """The outcome in the greatest detail that takes no more than `room` bytes of JSON."""
    return outcome_that_fits(tally, generation, _told(connection, tally.batch_id, room), room)


def _told(
    connection: Connection[Any], batch_id: UUID, room: int
) -> Iterator[tuple[OutcomeDetail, list[dict[str, Any]]]]:
    for detail, query in _details(connection, batch_id, room):
        with connection.cursor(row_factory=dict_row) as cursor:
            yield detail, cursor.execute(query, [batch_id]).fetchall()


def _details(
    connection: Connection[Any], batch_id: UUID, room: int
) -> Iterator[tuple[OutcomeDetail, LiteralString]]:
    # Ten thousand results are not read only to find that they are too many.
    ((size,),) = connection.execute(_SIZE, [batch_id]).fetchall()
    if size <= room:
        yield OutcomeDetail.RESULTS, _RESULTS
    yield OutcomeDetail.STATES, _STATES
    yield OutcomeDetail.UNSUCCESSFUL, _UNSUCCESSFUL
