"""What runs have recorded in the store, of tasks that nobody can start again any more.

It has the task's result and the receipts of its effects, for runs to come. None comes of a task
that is gone, and none of one that was cleaned up, unless a dead letter has its message: also one
that was answered gives the payload back (gateway/tasks/restoring.py). Whoever waits for a batch
of its own asks what the members have returned (`member_result`), also when it is run again.
"""

from itertools import groupby
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection

from gateway.housekeeping.cleaning.report import Tally
from gateway.housekeeping.cleaning.steps import Check, in_steps
from warren.artifacts import ArtifactStore
from warren.errors import WarrenError
from warren.worker.job_artifacts import REMEMBERED_STEP

_STEP = 1_000
_DAY = 86_400.0

_NEEDED: LiteralString = """
SELECT id FROM tasks t WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s
    AND (cleaned_at IS NULL
        OR state <> 'succeeded' AND EXISTS (SELECT FROM dead_letters d WHERE d.task_id = t.id)
        OR EXISTS (SELECT FROM tasks p WHERE p.id = t.parent_id AND p.cleaned_at IS NULL
            AND p.state <> 'succeeded'))
"""


def forget_outcomes(
    connection: Connection[Any], store: ArtifactStore, days: int, tally: Tally, check: Check
) -> int:
    """Forget what was recorded more than `days` ago and nobody needs; returns of how many tasks.

    What is remembered for whoever asks for the same again belongs to no task, and stays.
    """
    forgotten = 0
    try:
        recorded = (task for task, step in store.manifests(days * _DAY) if step != REMEMBERED_STEP)
        # Those of one task lie together.
        for step in in_steps((task for task, _ in groupby(recorded)), _STEP):
            check()
            forgotten += _forget(connection, store, step, tally)
    except WarrenError as error:
        tally.add_error(error)
    return forgotten


def _forget(
    connection: Connection[Any], store: ArtifactStore, recorded: list[UUID], tally: Tally
) -> int:
    values = {"ids": recorded, "low": min(recorded), "high": max(recorded)}
    needed = {row[0] for row in connection.execute(_NEEDED, values)}
    unneeded = [task_id for task_id in recorded if task_id not in needed]
    for task_id in unneeded if not tally.dry_run else ():
        store.delete_manifests(task_id)
    return len(unneeded)
