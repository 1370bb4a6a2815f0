"""Rows of `statistics`: written by jobs, read by the gateway and by the health watch."""

from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb
from pydantic import BaseModel

_KEEP = """
INSERT INTO statistics (series, at, data) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""


def keep(connection: Connection[Any], series: str, at: datetime, report: BaseModel) -> None:
    """Add what was measured at `at` to a series (system, queues, health)."""
    connection.execute(_KEEP, [series, at, Jsonb(report.model_dump(mode="json"))])
