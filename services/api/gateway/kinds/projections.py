"""Announcements become rows of the catalogue."""

import re
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb

from warren.contracts.kinds import Announcement, KindDefinition

_INSERT = """
INSERT INTO job_kinds (kind, version, service, release, definition)
VALUES (%(kind)s, %(version)s, %(service)s, %(release)s, %(definition)s)
ON CONFLICT (kind, version) DO NOTHING RETURNING 1
"""
_KNOWN = """
SELECT release, definition, announced_at < now() - interval '30 seconds'
FROM job_kinds WHERE kind = %(kind)s AND version = %(version)s FOR UPDATE
"""
_UPDATE = """
UPDATE job_kinds SET service = %(service)s, release = %(release)s,
    definition = %(definition)s, announced_at = now()
WHERE kind = %(kind)s AND version = %(version)s
"""


def record_announcement(connection: psycopg.Connection[Any], announcement: Announcement) -> None:
    """Upsert every announced kind, in a fixed order, within the caller's transaction.

    Of two releases that announce the same kind and version, the higher one defines it; of two
    announcements of the same release, the later one.
    """
    ordered = sorted(announcement.kinds, key=lambda item: (item.kind, item.version))
    with connection.cursor(row_factory=tuple_row) as cursor:
        for definition in ordered:
            _record(cursor, announcement.release, definition)


def release_order(release: str) -> tuple[int, ...]:
    """A key that sorts releases by their numbers: 0.9 < 0.10 < 1.0."""
    return tuple(int(number) for number in re.findall(r"\d+", release))


def _record(
    cursor: psycopg.Cursor[tuple[Any, ...]], release: str, definition: KindDefinition
) -> None:
    document = definition.model_dump(mode="json")
    row = {
        "kind": definition.kind,
        "version": definition.version,
        "service": definition.service,
        "release": release,
        "definition": Jsonb(document),
    }
    if cursor.execute(_INSERT, row).fetchone() is not None:
        return
    known = cursor.execute(_KNOWN, row).fetchone()
    if known is None or release_order(release) < release_order(known[0]):
        return
    unchanged = (known[0], known[1]) == (release, document)
    if not unchanged or known[2]:
        cursor.execute(_UPDATE, row)
