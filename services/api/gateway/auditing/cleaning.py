"""Entries that are older than they have to be kept are deleted."""

from datetime import datetime
from typing import Any

from psycopg import Connection

_FORGET = "DELETE FROM audit_entries WHERE at < %s"


def forget_old_entries(connection: Connection[Any], before: datetime) -> int:
    """Delete what was done before then; returns how many entries that were."""
    return connection.execute(_FORGET, [before]).rowcount
