"""Somebody has to look when health checks fail again and again."""

from typing import Any

from psycopg import Connection

from gateway.alerts.store import Alerts

_NAME, _SUBJECT = "health_check_failing", "system"
#: So many in a row.
_FAILURES = 3
_LAST = """
SELECT data ->> 'status' = 'healthy', data -> 'checks' FROM statistics
WHERE series = 'health' ORDER BY at DESC LIMIT %s
"""


def watch_health(connection: Connection[Any], alerts: Alerts) -> None:
    """Raise an alert after three failures in a row; clear it after a check that found all well."""
    last = connection.execute(_LAST, [_FAILURES]).fetchall()
    if last and last[0][0]:
        alerts.clear(connection, _NAME, _SUBJECT)
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
        alerts.raise_alert(connection, _NAME, _SUBJECT, message)
