"""Due times that cannot become tasks: they stay due, are tried again, and somebody is told."""

from typing import Any, LiteralString

from psycopg import Connection

from gateway.alerts.store import Alerts
from gateway.scheduling.record import StoredSchedule

ALERT = "schedule_refused"

_POSTPONE: LiteralString = """
UPDATE schedules SET refusal = %(refusal)s, fire_at = now() + make_interval(secs => %(delay)s)
WHERE id = %(id)s AND revision = %(revision)s AND next_due_at = %(next_due)s
"""


def postpone(
    connection: Connection[Any],
    alerts: Alerts,
    schedule: StoredSchedule,
    refusal: str,
    *,
    delay: float,
    needs_person: bool,
) -> None:
    """Try again after `delay` seconds, unless the schedule has moved on; within a transaction."""
    values = {
        "id": schedule.id,
        "revision": schedule.revision,
        "next_due": schedule.next_due_at,
        "refusal": refusal,
        "delay": delay,
    }
    postponed = connection.execute(_POSTPONE, values).rowcount == 1
    if postponed and needs_person:
        message = (
            f"the schedule {schedule.name!r} of {schedule.kind} cannot be fired: {refusal}. It is "
            f"tried again every {delay:g} s; change or disable it (`warren schedules list`)"
        )
        alerts.raise_alert(connection, ALERT, str(schedule.id), message)


def accepted_again(connection: Connection[Any], alerts: Alerts, schedule: StoredSchedule) -> None:
    """A time of this schedule was fired after refusals."""
    alerts.clear(connection, ALERT, str(schedule.id))
