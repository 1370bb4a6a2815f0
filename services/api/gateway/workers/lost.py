"""Processes that fell silent without a word, and those that came back."""

from typing import Any

from psycopg import Connection

from gateway.alerts.store import Alerts

ALERT = "worker_lost"

# A process whose last beat says that it stops has stopped.
_NOTE_LOST = """
UPDATE workers SET lost_at = now()
WHERE lost_at IS NULL AND beat_at <= now() - make_interval(secs => %s)
    AND NOT (beat ->> 'stopping')::boolean
RETURNING incarnation, name, beat ->> 'host', beat ->> 'pid', jsonb_array_length(beat -> 'runs')
"""
_NOTE_BACK = """
UPDATE workers SET lost_at = NULL WHERE lost_at IS NOT NULL AND beat_at > lost_at
RETURNING incarnation
"""
_FORGET = "DELETE FROM workers WHERE beat_at < now() - interval '1 day' RETURNING incarnation"


def note_lost_workers(connection: Connection[Any], alerts: Alerts, lost_after: float) -> list[str]:
    """Raise an alert for each process that is newly lost, clear it for each that beats again.

    Call it only while beats get through. Returns the incarnations that are newly lost.
    """
    with connection.transaction():
        for (incarnation,) in connection.execute(_NOTE_BACK).fetchall():
            alerts.clear(connection, ALERT, incarnation)
        lost = connection.execute(_NOTE_LOST, [lost_after]).fetchall()
        for incarnation, name, host, pid, runs in lost:
            message = (
                f"{name} (pid {pid} on {host}) has been silent for {lost_after:g} s with {runs} "
                "runs; they will be issued again. See whether the process, or its host, is gone "
                "or frozen"
            )
            alerts.raise_alert(connection, ALERT, incarnation, message)
    return [row[0] for row in lost]


def forget_old_workers(connection: Connection[Any], alerts: Alerts) -> None:
    """Delete processes that have been silent for a day; their alerts are over."""
    with connection.transaction():
        for (incarnation,) in connection.execute(_FORGET).fetchall():
            alerts.clear(connection, ALERT, incarnation)
