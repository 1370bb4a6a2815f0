"""Subscriptions that nobody announces any more end, and somebody is told."""

from typing import Any, LiteralString

from psycopg import Connection

from gateway.alerts.store import Alerts

NOT_ANNOUNCED = "subscription_not_announced"
DAYS_WITHOUT_ANNOUNCEMENT = 7

_RETIRE: LiteralString = """
UPDATE subscriptions SET retired_at = now(), retired_because = 'not_announced'
WHERE announced_at < now() - make_interval(days => %s) AND retired_at IS NULL
RETURNING event_type, kind, service
"""
_OVER: LiteralString = """
SELECT a.subject FROM alerts a
LEFT JOIN subscriptions s ON s.event_type || ' → ' || s.kind = a.subject
WHERE a.cleared_at IS NULL AND a.name = %s
    AND (s.kind IS NULL OR s.retired_because IS DISTINCT FROM 'not_announced')
"""


def retire_subscriptions(connection: Connection[Any], alerts: Alerts) -> None:
    """Within a transaction; call it only when announcements have had time to come in."""
    for event_type, kind, service in connection.execute(
        _RETIRE, [DAYS_WITHOUT_ANNOUNCEMENT]
    ).fetchall():
        message = (
            f"nobody has announced that {kind} subscribes to {event_type} for "
            f"{DAYS_WITHOUT_ANNOUNCEMENT} days, so these events become no tasks of it any more; "
            f"they do again once a worker of the service {service!r} announces it"
        )
        alerts.raise_alert(connection, NOT_ANNOUNCED, f"{event_type} → {kind}", message)
    for (subject,) in connection.execute(_OVER, [NOT_ANNOUNCED]).fetchall():
        alerts.clear(connection, NOT_ANNOUNCED, subject)
