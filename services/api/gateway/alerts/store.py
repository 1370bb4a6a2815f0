"""Raising and clearing alerts: a row, an error line in the log, and a number that counts them."""

from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter
from psycopg import Connection

from warren.contracts.ids import new_id

_RAISE = """
INSERT INTO alerts (id, name, subject, message) VALUES (%s, %s, %s, %s)
ON CONFLICT (name, subject) WHERE cleared_at IS NULL DO NOTHING
"""
_CLEAR = """
UPDATE alerts SET cleared_at = now() WHERE name = %s AND subject = %s AND cleared_at IS NULL
"""
_FORGET = "DELETE FROM alerts WHERE cleared_at < now() - interval '30 days'"


class Alerts:
    """Several processes may raise the same alert: one of them makes the row, the line, the count.

    `registry` holds `warren_alerts_total{name}`.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._total = Counter(
            "warren_alerts_total", "Alerts raised by this process", ["name"], registry=registry
        )
        self._log = structlog.get_logger("warren.alerts")

    def raise_alert(
        self, connection: Connection[Any], name: str, subject: str, message: str
    ) -> bool:
        """Raise it unless it stands already; False then. `message` says what to do."""
        made = connection.execute(_RAISE, [new_id(), name, subject, message]).rowcount == 1
        if made:
            self._total.labels(name).inc()
            self._log.error(message, alert=name, subject=subject)
        return made

    def clear(self, connection: Connection[Any], name: str, subject: str) -> bool:
        """Clear it; False if it did not stand."""
        cleared = connection.execute(_CLEAR, [name, subject]).rowcount == 1
        if cleared:
            self._log.info("the alert is over", alert=name, subject=subject)
        return cleared

    def forget_old(self, connection: Connection[Any]) -> None:
        """Delete what was cleared more than 30 days ago."""
        connection.execute(_FORGET)
