"""Somebody has to look when health checks fail again and again, or do not come about at all."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, LiteralString

from psycopg import Connection

from gateway.alerts.store import Alerts

_NAME = "health_check_failing"
_FAILING, _SILENT = "system", "schedule"
#: So many in a row.
_FAILURES = 3
_LAST = """
SELECT data ->> 'status' = 'healthy', data -> 'checks' FROM statistics
WHERE series = 'health' ORDER BY at DESC LIMIT %s
"""
#: Three due times (housekeeping/checking/health.py), and some.
_SILENCE = timedelta(minutes=35)
# Since when a check is due that has not come; no row where none is wanted.
_SINCE: LiteralString = """
SELECT greatest(s.updated_at, (SELECT max(at) FROM statistics WHERE series = 'health')), now()
FROM schedules s
WHERE s.kind = 'api.health_check' AND s.service IS NOT NULL AND s.enabled AND s.retired_at IS NULL
"""
#: Seconds between two looks after which nothing is known of the time between them. Rounds come
#: every 15 s, but may have much to do; a shorter absence makes no check miss three of its times.
_GAP = 300.0


class HealthWatch:
    """Looks at what health checks have found, in each round of the housekeeper.

    The checks are tasks themselves: while the broker is away there are none, and that is told, too,
    unless this process, or the database, was away for that long as well.
    """

    def __init__(self, alerts: Alerts, clock: Callable[[], float] = time.monotonic) -> None:
        self._alerts = alerts
        self._clock = clock
        self._watching_since = self._looked_at = clock()

    def look(self, connection: Connection[Any]) -> None:
        """Raise an alert after three failures in a row, or 35 minutes without any check; clear it
        after a check that found all well, or was made.
        """
        self._watch_failures(connection)
        self._watch_silence(connection)

    def _watch_failures(self, connection: Connection[Any]) -> None:
        last = connection.execute(_LAST, [_FAILURES]).fetchall()
        if last and last[0][0]:
            self._alerts.clear(connection, _NAME, _FAILING)
        elif len(last) == _FAILURES and not any(healthy for healthy, _ in last):
            parts = [
                f"{name} ({check['problem']})"
                for name, check in sorted(last[0][1].items())
                if check["problem"]
            ]
            message = (
                f"the last {_FAILURES} health checks have failed: {', '.join(parts)}. "
                "GET /api/v1/stats?series=health shows since when"
            )
            self._alerts.raise_alert(connection, _NAME, _FAILING, message)

    def _watch_silence(self, connection: Connection[Any]) -> None:
        now = self._clock()
        if now - self._looked_at > _GAP:
            self._watching_since = now
        self._looked_at = now
        row = connection.execute(_SINCE).fetchone()
        if row is None or row[1] - row[0] <= _SILENCE:
            self._alerts.clear(connection, _NAME, _SILENT)
        elif now - self._watching_since > _SILENCE.total_seconds():
            self._alerts.raise_alert(connection, _NAME, _SILENT, _silent(*row))


def _silent(since: datetime, now: datetime) -> str:
    return (
        f"no health check has come to an end for {(now - since).total_seconds() / 60:.0f} minutes,"
        " though one is due every 10. It is a task like any other: is RabbitMQ up (GET /readyz), do"
        " scheduler and relay run, is the queue api.critical paused?"
    )
