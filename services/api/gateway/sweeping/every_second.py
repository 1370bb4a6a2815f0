"""What is looked for every second, beside the sweeper's looks, which can take long.

Tasks that were not started in time, batches that nobody waits for any more, messages that wait for
a receiver which has become slow, or quick, and weeks that have grown since they were analysed.
"""

from threading import Event

import psycopg
import structlog

from gateway.batches.leaving import cancel_left
from gateway.database_session import DatabaseSession
from gateway.outage import Outage
from gateway.partition_statistics import analyze_grown
from gateway.sweeping.waiting_expiry import expire_waiting
from gateway.webhooks.hosts import settle_hosts

#: Seconds between two looks; each is a descent into three small indexes, and sizes of files.
_INTERVAL = 1.0


class EverySecond:
    """Looks every second; any number may run, since each decides under the tasks' locks."""

    def __init__(self, session: DatabaseSession) -> None:
        self._session = session
        self._database = Outage("the database")
        self._log = structlog.get_logger("warren.housekeeper")

    def run(self, stop: Event) -> None:
        """Look until told to stop; waits out a database that is away."""
        while not stop.is_set():
            try:
                expired = expire_waiting(self._session.connection())
                left = cancel_left(self._session.connection())
                settle_hosts(self._session.connection())
                analyze_grown(self._session.connection())
            except psycopg.Error as error:
                self._session.discard()
                stop.wait(self._database.failed(error))
                continue
            self._database.over()
            if expired:
                self._log.info("tasks expired while they waited to be published", tasks=expired)
            if left:
                self._log.info("batches were cancelled whose tasks have failed", batches=left)
            stop.wait(_INTERVAL)
