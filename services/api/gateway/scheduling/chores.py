"""What is done now and then: schedules that nobody announces, alerts that are over, old fires."""

from typing import Any, LiteralString

from psycopg import Connection

from gateway.alerts.store import Alerts
from gateway.scheduling.refusals import ALERT as REFUSED

NOT_ANNOUNCED = "schedule_not_announced"
DAYS_WITHOUT_ANNOUNCEMENT = 7
_DAYS_OF_FIRES = 30
_BATCH = 10_000

_RETIRE: LiteralString = """
UPDATE schedules SET retired_at = now(), retired_because = 'not_announced', updated_at = now(),
    revision = revision + 1
WHERE announced_at < now() - make_interval(days => %s) AND retired_at IS NULL
RETURNING id, name, service, enabled
"""
_OVER: LiteralString = """
SELECT a.name, a.subject FROM alerts a LEFT JOIN schedules s ON s.id::text = a.subject
WHERE a.cleared_at IS NULL AND (
    (a.name = %(not_announced)s AND (s.id IS NULL OR NOT s.enabled
        OR s.retired_because IS DISTINCT FROM 'not_announced'))
    OR (a.name = %(refused)s AND (s.id IS NULL OR NOT s.enabled OR s.retired_at IS NOT NULL
        OR s.refusal IS NULL)))
"""
# The next due time of a schedule is later than all that it has fired.
_FORGET: LiteralString = """
DELETE FROM schedule_fires WHERE (schedule_id, due_at) IN (SELECT schedule_id, due_at
    FROM schedule_fires WHERE fired_at < now() - make_interval(days => %s) LIMIT %s)
"""


def do_chores(connection: Connection[Any], alerts: Alerts) -> None:
    """Within a transaction; call it only when announcements have had time to come in."""
    for schedule_id, name, service, enabled in connection.execute(
        _RETIRE, [DAYS_WITHOUT_ANNOUNCEMENT]
    ).fetchall():
        if enabled:
            message = (
                f"nobody has announced the schedule {name!r} for {DAYS_WITHOUT_ANNOUNCEMENT} days, "
                f"so it fires no more; it goes on when a worker of the service {service!r} "
                f"announces it again. Is it meant to be gone? `warren schedules disable {name}`"
            )
            alerts.raise_alert(connection, NOT_ANNOUNCED, str(schedule_id), message)
    names = {"not_announced": NOT_ANNOUNCED, "refused": REFUSED}
    for name, subject in connection.execute(_OVER, names).fetchall():
        alerts.clear(connection, name, subject)
    connection.execute(_FORGET, [_DAYS_OF_FIRES, _BATCH])
