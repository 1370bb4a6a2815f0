"""What a housekeeper does every ten minutes: one that fails keeps none of the others."""

from collections.abc import Callable
from typing import Any

import psycopg
import structlog
from psycopg import Connection

from gateway.alerts.store import Alerts
from gateway.housekeeping.bulk_position import forget_old_actions
from gateway.housekeeping.checking.drift_watch import watch_drift
from gateway.housekeeping.partition_watch import watch_partitions
from gateway.idempotency.cleaning import forget_old_keys
from gateway.limits.cleaning import forget_old_usage
from gateway.reconciling.cleaning import forget_gone, free_stuck
from gateway.workers.lost import forget_old_workers

_ALERT = "chore_failing"
#: Failures in a row of which somebody is told: a lock that was held for too long is over by then.
_TOLD_AFTER = 2
_log = structlog.get_logger("warren.housekeeper")

Chore = Callable[[Connection[Any]], object]


class Chores:
    """`repair` is the sweeper's; each chore works on an autocommit connection."""

    def __init__(self, alerts: Alerts, repair: Chore) -> None:
        self._alerts = alerts
        self._failures: dict[str, int] = {}
        self._chores: dict[str, Chore] = {
            "custody": repair,
            "partitions": lambda connection: watch_partitions(connection, alerts),
            "drift": lambda connection: watch_drift(connection, alerts),
            "workers": lambda connection: forget_old_workers(connection, alerts),
            "alerts": alerts.forget_old,
            "idempotency keys": forget_old_keys,
            "bulk actions": forget_old_actions,
            "usage of keys": forget_old_usage,
            "erased customers": forget_gone,
            "stuck syncs": free_stuck,
        }

    def do(self, connection: Connection[Any]) -> None:
        """Do them all. Raises psycopg.Error for a connection that is lost."""
        for name, chore in self._chores.items():
            try:
                chore(connection)
            except psycopg.Error as error:
                if connection.closed:
                    raise
                self._failed(connection, name, error)
            else:
                self._failures[name] = 0
                self._alerts.clear(connection, _ALERT, name)

    def _failed(self, connection: Connection[Any], name: str, error: psycopg.Error) -> None:
        self._failures[name] = self._failures.get(name, 0) + 1
        _log.error("a chore has failed; the others go on", chore=name, error=str(error).strip())
        if self._failures[name] >= _TOLD_AFTER:
            message = (
                f"what the housekeeper does every ten minutes about {name} fails again and again:"
                f" {str(error).strip()}. docs/runbooks/clean-up.md says what to look at"
            )
            self._alerts.raise_alert(connection, _ALERT, name, message)
