"""The housekeeper's loop: the sweeper's looks, lost workers, and rare chores."""

import time
from threading import Event
from typing import Any, Protocol

import psycopg
import structlog

from gateway.alerts.store import Alerts
from gateway.database_session import DatabaseSession
from gateway.housekeeping.checking.watch import HealthWatch
from gateway.housekeeping.chores import Chores
from gateway.outage import Outage
from gateway.sweeping.config import HousekeeperSettings
from gateway.sweeping.sweeper import Sweeper
from gateway.workers.lost import note_lost_workers
from warren.artifacts import open_store
from warren.errors import WarrenError

#: Seconds between two rounds of what need not be done often.
CHORES_INTERVAL = 600.0
#: Seconds between two looks for what killed writers of artifacts left behind.
TEMPORARIES_INTERVAL = 3600.0
#: Seconds for which the sweeper may be unable to tell what is lost, beyond those that it is after
#: every start.
_BLIND_PATIENCE = 240.0
_log = structlog.get_logger("warren.housekeeper")


class BrokerConnection(Protocol):
    """The part of a `Publisher` that tells how the broker is."""

    @property
    def connected_seconds(self) -> float:
        """How long the present connection has been open; 0 without one."""
        ...


class Housekeeping:
    """Runs until told to stop; waits out a database that is away."""

    def __init__(
        self,
        settings: HousekeeperSettings,
        session: DatabaseSession,
        broker: BrokerConnection,
        alerts: Alerts,
    ) -> None:
        self._settings = settings
        self._session = session
        self._broker = broker
        self._alerts = alerts
        self._sweeper = Sweeper(settings)
        self._health = HealthWatch(alerts)
        self._database = Outage("the database")
        self._chores = Chores(alerts, self._sweeper.repair)
        self._chores_at = 0.0
        self._store = open_store(settings.artifacts_url)
        self._temporaries_at = 0.0

    def run(self, stop: Event) -> None:
        """Keep house; what has begun is finished."""
        while not stop.is_set():
            try:
                self._round(self._session.connection())
            except psycopg.Error as error:
                self._session.discard()
                stop.wait(self._database.failed(error))
                continue
            self._database.over()
            stop.wait(self._settings.sweep_interval)

    def _round(self, connection: psycopg.Connection[Any]) -> None:
        self._sweeper.look(connection, self._broker.connected_seconds)
        blindness = self._sweeper.blindness
        blindness.tell(connection, self._alerts, self._settings.sweep_age + _BLIND_PATIENCE)
        if blindness.sees:
            note_lost_workers(connection, self._alerts, self._settings.lost_after)
        self._health.look(connection)
        if time.monotonic() >= self._chores_at:
            self._chores.do(connection)
            self._chores_at = time.monotonic() + CHORES_INTERVAL
        if time.monotonic() >= self._temporaries_at:
            self._sweep_temporaries()
            self._temporaries_at = time.monotonic() + TEMPORARIES_INTERVAL

    def _sweep_temporaries(self) -> None:
        try:
            removed = self._store.sweep_temporaries()
        except WarrenError as error:
            _log.warning(
                "the artifact store cannot be tidied up; in an hour again", error=str(error)
            )
            return
        if removed:
            _log.info("removed what killed writers of artifacts left behind", count=removed)
