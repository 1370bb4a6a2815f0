"""Announcements become subscriptions: one for each event type and kind."""

from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import dict_row

from gateway.kinds.projections import release_order
from warren.contracts.kinds import Announcement, KindDefinition, KindSubscription

_KNOWN: LiteralString = """
SELECT *, announced_at < now() - interval '30 seconds' AS is_old,
    defined_at < now() - interval '7 days' AS is_abandoned
FROM subscriptions WHERE kind = %s ORDER BY event_type FOR UPDATE
"""
_DEFINE: LiteralString = """
INSERT INTO subscriptions (event_type, kind, version, envelope, service, release)
VALUES (%(event_type)s, %(kind)s, %(version)s, %(envelope)s, %(service)s, %(release)s)
ON CONFLICT (event_type, kind) DO UPDATE SET version = excluded.version,
    envelope = excluded.envelope, service = excluded.service, release = excluded.release,
    defined_at = now(), announced_at = now(), retired_at = NULL, retired_because = NULL
"""
_MENTION: LiteralString = """
UPDATE subscriptions SET announced_at = now() WHERE event_type = %s AND kind = %s
"""
_WITHDRAW: LiteralString = """
UPDATE subscriptions SET release = %(release)s, defined_at = now(), retired_at = now(),
    retired_because = 'withdrawn'
WHERE event_type = %(event_type)s AND kind = %(kind)s
"""
Known = dict[str, Any]


def record_subscriptions(connection: Connection[Any], announcement: Announcement) -> None:
    """Make, change or withdraw the subscriptions of the announced kinds.

    In the caller's transaction. Of several releases the highest has its way, unless it has been
    silent for seven days; of a kind's versions the newest.
    """
    newest: dict[str, KindDefinition] = {}
    for definition in sorted(announcement.kinds, key=lambda item: item.version):
        newest[definition.kind] = definition
    cursor = connection.cursor(row_factory=dict_row)
    for kind in sorted(newest):
        known = {row["event_type"]: row for row in cursor.execute(_KNOWN, [kind]).fetchall()}
        _record(connection, announcement.release, newest[kind], known)


def _record(
    connection: Connection[Any], release: str, definition: KindDefinition, known: dict[str, Known]
) -> None:
    wanted = {item.event_type: item for item in definition.subscriptions}
    for event_type in sorted(wanted):
        values = _values(release, definition, wanted[event_type])
        row = known.get(event_type)
        if row is None or (_has_its_way(row, release) and _differs(row, values)):
            connection.execute(_DEFINE, values)
        elif row["is_old"] and row["retired_because"] != "withdrawn":
            connection.execute(_MENTION, [event_type, definition.kind])
    for event_type in sorted(known.keys() - wanted.keys()):
        row = known[event_type]
        if row["retired_because"] != "withdrawn" and _has_its_way(row, release):
            values = {"event_type": event_type, "kind": definition.kind, "release": release}
            connection.execute(_WITHDRAW, values)


def _has_its_way(row: Known, release: str) -> bool:
    return row["is_abandoned"] or release_order(release) >= release_order(row["release"])


def _differs(row: Known, values: dict[str, Any]) -> bool:
    """Whether anything is to be written: also that it is still meant, now and then."""
    if row["retired_at"] is not None or row["is_old"]:
        return True
    return any(row[name] != value for name, value in values.items())


def _values(
    release: str, definition: KindDefinition, subscription: KindSubscription
) -> dict[str, Any]:
    return {
        "event_type": subscription.event_type,
        "kind": definition.kind,
        "version": definition.version,
        "envelope": subscription.envelope,
        "service": definition.service,
        "release": release,
    }
