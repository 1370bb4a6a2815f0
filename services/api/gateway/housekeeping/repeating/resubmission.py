"""Tasks that failed for a reason that may have passed start again by themselves, if wanted."""

from typing import Any, ClassVar

from psycopg import Connection
from pydantic import BaseModel

from gateway.dead_letters.resolving import replay_letter
from gateway.housekeeping.config import HousekeepingSettings
from gateway.housekeeping.surroundings import database_of
from warren.contracts.job import Job
from warren.contracts.kinds import Audience
from warren.contracts.lanes import Lane
from warren.worker import JobContext, Worker

_ACTOR = "resubmission"
#: Tasks of a kind and tasks in all that one run starts, and how often one task is started.
_OF_A_KIND, _OF_A_RUN, _OF_A_TASK = 5, 50, 3

# `exhausted` is what transient errors come to; the gateway's own tasks have their next due time.
# One whose unique key another task lives with could not start, and one whose customer is being
# erased does not: they must not take others' places.
_CANDIDATES = """
SELECT task_id, generation FROM (
    SELECT d.task_id, d.generation, row_number() OVER (PARTITION BY d.kind ORDER BY d.id) AS number
    FROM dead_letters d JOIN tasks t ON t.id = d.task_id
    WHERE d.resolution IS NULL AND d.source = 'exhausted' AND d.kind NOT LIKE 'api.%%'
        AND t.state = 'failed' AND t.generation = d.generation
        AND NOT EXISTS (SELECT FROM unique_keys u WHERE u.customer_id = t.customer_id
            AND u.kind = t.kind AND u.key = t.unique_key)
        AND NOT EXISTS (SELECT FROM customers c JOIN tasks e ON e.id = c.erased_by
            WHERE c.id = t.customer_id
            AND e.state NOT IN ('succeeded', 'failed', 'cancelled', 'expired'))
        AND (SELECT count(*) FROM task_history h WHERE h.task_id = d.task_id
            AND h.type = 'task.retried' AND h.data ->> 'by' = %s) < %s) AS failed
WHERE number <= %s ORDER BY number, task_id LIMIT %s
"""
# A task that somebody else is about to start, or look at, is theirs.
_CLAIM = "SELECT 1 FROM tasks WHERE id = %s AND generation = %s FOR NO KEY UPDATE SKIP LOCKED"


class Resubmit(Job):
    """Start failed tasks again whose error was transient; only if WARREN_RESUBMIT is on."""

    kind: ClassVar[str] = "api.resubmit"


class Resubmitted(BaseModel):
    """How many tasks were started again."""

    retried: int


class ResubmitWorker(Worker[Resubmit, Resubmitted]):
    """Repeated, it starts others: a task is claimed, and starts, in one transaction."""

    audience = Audience.OPERATOR
    lane = Lane.LOW
    cron_schedule = "*/5 * * * *"

    def perform(self, job: Resubmit, context: JobContext) -> Resubmitted:
        settings = HousekeepingSettings()
        if not settings.resubmit:
            return Resubmitted(retried=0)
        with database_of(settings) as connection:
            return Resubmitted(retried=resubmit(connection))


def resubmit(connection: Connection[Any]) -> int:
    """Start the next generation of the oldest failures; returns of how many."""
    limits = [_ACTOR, _OF_A_TASK, _OF_A_KIND, _OF_A_RUN]
    retried = 0
    for task, generation in connection.execute(_CANDIDATES, limits).fetchall():
        with connection.transaction():
            if connection.execute(_CLAIM, [task, generation]).rowcount:
                retried += replay_letter(connection, task, generation, _ACTOR)
    return retried
