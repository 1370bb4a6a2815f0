"""The relay's loop: a round, then a wait until there may be something to do."""

from threading import Event

import psycopg

from gateway.database_session import DatabaseSession
from gateway.outage import Outage
from gateway.relaying.claims import count_backlog
from gateway.relaying.listener import OutboxListener
from gateway.relaying.publishing import JobPublisher
from gateway.relaying.round import RelayRound


class Relay:
    """Runs rounds; claims nothing while the broker is away, so that it holds no row then."""

    def __init__(
        self,
        session: DatabaseSession,
        listener: OutboxListener,
        publisher: JobPublisher,
        relay_round: RelayRound,
    ) -> None:
        self._session = session
        self._listener = listener
        self._publisher = publisher
        self._round = relay_round
        self._broker = Outage("the broker")
        self._database = Outage("the database")

    def run(self, stop: Event) -> None:
        """Relay until told to stop; a round that has begun is finished."""
        while not stop.is_set():
            try:
                wait = self._step(stop)
            except psycopg.Error as error:
                self._session.discard()
                stop.wait(self._database.failed(error))
                continue
            self._database.over()
            if wait > 0 and not stop.is_set():
                self._listener.wait(wait)

    def _step(self, stop: Event) -> float:
        connection = self._session.connection()
        if self._publisher.connected:
            self._broker.over()
            return self._round.run(connection)
        facts = {"backlog": count_backlog(connection)} if self._broker.report_is_due else {}
        stop.wait(self._broker.failed("no connection", **facts))
        return 0.0
