"""One look after the other: read, decide, issue."""

from datetime import timedelta
from typing import Any

import structlog
from pika.exceptions import AMQPError
from psycopg import Connection

from gateway.sweeping.blindness import Blindness
from gateway.sweeping.broker import measure
from gateway.sweeping.config import HousekeeperSettings
from gateway.sweeping.decision import SweepMemory
from gateway.sweeping.facts import Facts
from gateway.sweeping.issuing import Swept, sweep
from gateway.sweeping.reading import Rows, asked_queues, facts_of, read_live, read_rows
from gateway.sweeping.repairs import delete_orphans, expire, overdue

_CONNECTION = "warren-sweeper"
#: Tasks that one transaction settles at most.
_BATCH = 500


class Sweeper:
    """Looks when told to; any number of them may run, since each decides under the tasks' locks."""

    def __init__(self, settings: HousekeeperSettings) -> None:
        self._settings = settings
        self._memory = SweepMemory(
            timedelta(seconds=settings.sweep_age), timedelta(seconds=settings.publish_margin)
        )
        self.blindness = Blindness()
        self._log = structlog.get_logger("warren.housekeeper")

    def look(self, connection: Connection[Any], connected_seconds: float) -> Swept:
        """Look once; `connected_seconds` tells how long the broker has been there.

        Returns what was done. Raises psycopg.Error.
        """
        rows = read_rows(connection, self._settings)
        facts = self._facts(rows, connected_seconds)
        self.blindness.note(facts.blind)
        lost = self._memory.lost(facts)
        done = Swept()
        for start in range(0, len(lost), _BATCH):
            # As late as possible: a message may have come back to a worker meanwhile.
            live = read_live(connection, self._settings.lost_after)
            batch = [
                i for i in lost[start : start + _BATCH] if i.dispatch.task_id not in live.tasks
            ]
            done.add(sweep(connection, batch, live.runs, self._settings.sweeps_most))
        self._tell(done)
        if facts.blind is None and facts.hold is None:
            self._expire(connection, facts)
        return done

    def repair(self, connection: Connection[Any]) -> int:
        """Delete custody that nothing explains; returns how much there was."""
        orphans = delete_orphans(connection)
        if orphans:
            self._log.error(
                "published dispatches of tasks that had ended were still in custody; they are "
                "deleted. Nothing should leave any: tell the developers",
                rows=orphans,
            )
        return orphans

    def _facts(self, rows: Rows, connected_seconds: float) -> Facts:
        if connected_seconds < self._settings.sweep_age:
            return _blind(rows, "the broker has not been connected for long")
        try:
            depths = measure(self._settings.amqp_url, asked_queues(rows.queues), _CONNECTION)
        except (AMQPError, OSError) as error:
            return _blind(rows, f"the broker does not answer: {error!r}")
        return facts_of(rows, depths)

    def _expire(self, connection: Connection[Any], facts: Facts) -> None:
        candidates = overdue(connection)
        idle = {
            item.dispatch.task_id
            for item in facts.custody
            if item.dispatch.task_id in candidates and self._memory.is_unheld(item, facts.now)
        }
        if idle and (count := expire(connection, idle)):
            self._log.info("tasks expired before any worker had started them", tasks=count)

    def _tell(self, done: Swept) -> None:
        for task_id in done.again:
            self._log.warning("nobody holds this task; it is issued again", task_id=str(task_id))
        for task_id in done.cancelled:
            self._log.info("nothing of this task runs; it is cancelled", task_id=str(task_id))
        for task_id in done.failed:
            self._log.error(
                "this task was lost again and again; it has failed and is in the dead letters",
                task_id=str(task_id),
            )


def _blind(rows: Rows, reason: str) -> Facts:
    return Facts(now=rows.now, custody=rows.custody, queues={}, blind=reason)
