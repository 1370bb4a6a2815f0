"""Announcements become schedules: one for each kind whose newest version has one."""

from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import structlog
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from gateway.customers.system import SYSTEM_CUSTOMER
from gateway.kinds.projections import release_order
from warren.contracts.cron import Cron
from warren.contracts.due_times import NextTime, Rhythm
from warren.contracts.ids import id_at
from warren.contracts.kinds import Announcement, KindDefinition, KindSchedule

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

_KNOWN: LiteralString = """
SELECT *, now() AS now, announced_at < now() - interval '30 seconds' AS is_old,
    defined_at < now() - interval '7 days' AS is_abandoned,
    enabled AND retired_at IS NULL AND next_due_at <= now() AS is_overdue
FROM schedules WHERE id = %s FOR UPDATE
"""
_INSERT: LiteralString = """
INSERT INTO schedules (id, customer_id, name, kind, submission, cron, timezone, missed,
    jitter_seconds, created_by, next_due_at, fire_at, service, release, defined_at, announced_at)
VALUES (%(id)s, %(customer)s, %(kind)s, %(kind)s, %(submission)s, %(cron)s, %(timezone)s,
    %(missed)s, %(jitter)s, %(by)s, %(due)s, %(fire_at)s, %(service)s, %(release)s, now(), now())
ON CONFLICT DO NOTHING
"""
_DEFINE: LiteralString = """
UPDATE schedules SET submission = %(submission)s, cron = %(cron)s, timezone = %(timezone)s,
    missed = %(missed)s, jitter_seconds = %(jitter)s, next_due_at = %(due)s, fire_at = %(fire_at)s,
    service = %(service)s, release = %(release)s, defined_at = now(), announced_at = now(),
    retired_at = NULL, retired_because = NULL, updated_at = now(),
    revision = revision + 1
WHERE id = %(id)s
"""
_CONFIRM: LiteralString = """
UPDATE schedules SET release = %s, defined_at = now(), announced_at = now() WHERE id = %s
"""
_MENTION: LiteralString = "UPDATE schedules SET announced_at = now() WHERE id = %s"
_WITHDRAW: LiteralString = """
UPDATE schedules SET release = %s, defined_at = now(), retired_at = now(),
    retired_because = 'withdrawn', updated_at = now(), revision = revision + 1
WHERE id = %s AND retired_because IS DISTINCT FROM 'withdrawn'
"""


def announced_id(kind: str) -> UUID:
    """The id of the schedule that workers of `kind` announce: everywhere and always the same."""
    return id_at(_EPOCH, f"schedule:{kind}")


def record_schedules(connection: Connection[Any], announcement: Announcement) -> None:
    """Make, change or withdraw the schedules of the announced kinds, in the caller's transaction.

    Of several releases the highest defines them, unless it has been silent for seven days.
    """
    newest: dict[str, KindDefinition] = {}
    for definition in sorted(announcement.kinds, key=lambda item: item.version):
        newest[definition.kind] = definition
    for kind in sorted(newest):
        _record(connection, announcement.release, newest[kind])


def _record(connection: Connection[Any], release: str, definition: KindDefinition) -> None:
    schedule_id = announced_id(definition.kind)
    cursor = connection.cursor(row_factory=dict_row)
    known = cursor.execute(_KNOWN, [schedule_id]).fetchone()
    if known is None:
        _define(connection, _INSERT, release, definition, None)
    elif not _is_believed(known, release):
        if definition.schedule is not None and known["is_old"]:
            connection.execute(_MENTION, [schedule_id])
    elif definition.schedule is None:
        connection.execute(_WITHDRAW, [release, schedule_id])
    elif known["retired_at"] is not None or _differs(known, definition):
        _define(connection, _DEFINE, release, definition, known)
    elif known["is_old"] or known["release"] != release:
        connection.execute(_CONFIRM, [release, schedule_id])


def _is_believed(known: dict[str, Any], release: str) -> bool:
    return known["is_abandoned"] or release_order(release) >= release_order(known["release"])


def _define(
    connection: Connection[Any],
    statement: LiteralString,
    release: str,
    definition: KindDefinition,
    known: dict[str, Any] | None,
) -> None:
    schedule = definition.schedule
    if schedule is None:
        return
    try:
        following = _next(connection, definition.kind, schedule, known)
    except ValueError as error:
        # The kind itself is usable, and its service's other kinds are.
        structlog.get_logger("warren.recorder").error(
            "an announced schedule cannot be used; it stays as it was",
            kind=definition.kind,
            release=release,
            error=str(error),
        )
        return
    values = {
        "id": announced_id(definition.kind),
        "customer": SYSTEM_CUSTOMER,
        "kind": definition.kind,
        "submission": Jsonb({"payload": schedule.payload}),
        "cron": schedule.cron,
        "timezone": schedule.timezone,
        "missed": schedule.missed,
        "jitter": schedule.jitter,
        "by": f"service:{definition.service}",
        "due": following.due_at,
        "fire_at": following.fire_at,
        "service": definition.service,
        "release": release,
    }
    connection.execute(statement, values)


def _next(
    connection: Connection[Any], kind: str, schedule: KindSchedule, known: dict[str, Any] | None
) -> NextTime:
    """A time that is overdue stays due, however the rhythm goes on; raises ValueError."""
    rhythm = Rhythm(
        announced_id(kind), Cron.parse(schedule.cron, schedule.timezone), schedule.jitter
    )
    if known is None:
        ((now,),) = connection.execute("SELECT now()").fetchall()
        return rhythm.next(now)
    return rhythm.next(known["now"], known["next_due_at"] if known["is_overdue"] else None)


def _differs(known: dict[str, Any], definition: KindDefinition) -> bool:
    schedule = definition.schedule
    if schedule is None:
        return False
    said = (
        {"payload": schedule.payload},
        schedule.cron,
        schedule.timezone,
        schedule.missed.value,
        schedule.jitter,
        definition.service,
    )
    columns = ("submission", "cron", "timezone", "missed", "jitter_seconds", "service")
    return said != tuple(known[column] for column in columns)
