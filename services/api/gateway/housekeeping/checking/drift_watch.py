"""Somebody has to look when the chatbot has not what it should have."""

from typing import Any, LiteralString

from psycopg import Connection

from gateway.alerts.store import Alerts

_NAME = "chatbot_drift"
_LAST: LiteralString = """
SELECT DISTINCT ON (series) data FROM statistics
WHERE series LIKE 'drift:%' AND at > now() - interval '8 days' ORDER BY series, at DESC
"""


def watch_drift(connection: Connection[Any], alerts: Alerts) -> None:
    """Raise an alert for each customer's collection that differs; clear it when none does."""
    for (report,) in connection.execute(_LAST).fetchall():
        subject = f"{report['customer_id']}:{report['collection']}"
        if not report["counts"]:
            alerts.clear(connection, _NAME, subject)
            continue
        parts = [
            f"{count} {what} (such as {report['ids'][what][0]})"
            for what, count in sorted(report["counts"].items())
        ]
        message = (
            f"the chatbot's {report['collection']} of customer {report['customer_id']} are not what"
            f" they should be: {', '.join(parts)}. `warren drift {report['customer_id']}` lists"
            " all; docs/runbooks/chatbot-down.md says how to mend it"
        )
        alerts.raise_alert(connection, _NAME, subject, message)
