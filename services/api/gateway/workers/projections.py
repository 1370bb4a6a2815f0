"""Beats become rows of `workers`."""

from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from warren.contracts.kinds import Beat

# `beat_at` is the database's clock, so that a process whose clock is wrong does not look dead.
_UPSERT = """
INSERT INTO workers AS known (incarnation, name, service, started_at, beat_at, beat)
VALUES (%(incarnation)s, %(name)s, %(service)s, %(started_at)s, now(), %(beat)s)
ON CONFLICT (incarnation) DO UPDATE SET beat_at = now(), beat = excluded.beat
WHERE (known.beat ->> 'at')::timestamptz < (excluded.beat ->> 'at')::timestamptz
"""


def record_beat(connection: psycopg.Connection[Any], beat: Beat) -> None:
    """Upsert the process, in the caller's transaction; a beat older than the known is ignored."""
    connection.execute(
        _UPSERT,
        {
            "incarnation": beat.incarnation,
            "name": beat.name,
            "service": beat.service,
            "started_at": beat.started_at,
            "beat": Jsonb(beat.model_dump(mode="json")),
        },
    )
