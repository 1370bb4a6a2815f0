"""What live workers say of the services that they call."""

from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import Connection

_TOLD: LiteralString = """
SELECT d.name, max(d.latency_ms), count(*), count(d.problem), max(d.problem),
    string_agg(DISTINCT w.service, ', ')
FROM workers w CROSS JOIN LATERAL jsonb_to_recordset(coalesce(w.beat -> 'downstreams', '[]'))
    AS d (name text, latency_ms float, problem text)
WHERE w.beat_at > now() - interval '30 seconds' GROUP BY d.name ORDER BY d.name
"""


@dataclass(frozen=True, slots=True)
class ToldDownstream:
    """The slowest answer that a process had, and a problem if any process has one."""

    latency_ms: float
    problem: str | None


def told_downstreams(connection: Connection[Any]) -> dict[str, ToldDownstream]:
    """By name. Where workers are they may be reached, or not, whatever holds here."""
    told = {}
    for name, latency, processes, failing, problem, services in connection.execute(_TOLD):
        by = f"told by {failing} of {processes} processes of {services}"
        told[name] = ToldDownstream(latency, f"{problem} ({by})" if problem else None)
    return told
