"""Deleting rows of `artifacts`; their content is noted, for whoever looks whether it may go."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.housekeeping.cleaning.report import Tally

# Always noted, whatever other rows there are: of two transactions that delete the last two rows of
# a content, each still sees the other's.
_DELETE = """
WITH gone AS (DELETE FROM artifacts WHERE id = ANY (%s::uuid[]) RETURNING sha256, task_id),
noted AS (
    INSERT INTO discarded_contents (sha256) SELECT DISTINCT sha256 FROM gone ORDER BY 1
    ON CONFLICT (sha256) DO UPDATE SET noted_at = now(), trashed_at = NULL
)
SELECT DISTINCT task_id FROM gone WHERE task_id IS NOT NULL
"""
_WOULD_GO = """
SELECT count(*), coalesce(sum(size), 0)::bigint FROM (
    SELECT DISTINCT ON (sha256) sha256, size FROM artifacts WHERE id = ANY (%s::uuid[])) AS contents
"""
_TASKS = """
SELECT DISTINCT task_id FROM artifacts WHERE id = ANY (%s::uuid[]) AND task_id IS NOT NULL
"""


def delete_rows(connection: Connection[Any], ids: Collection[UUID], tally: Tally) -> None:
    """Delete rows that the caller's transaction has locked; with `dry_run`, only count."""
    if not tally.dry_run:
        gone = connection.execute(_DELETE, [list(ids)])
        tally.requests.update(task_id for (task_id,) in gone)
        return
    ((files, size),) = connection.execute(_WOULD_GO, [list(ids)]).fetchall()
    tally.files += files
    tally.bytes += size
    tally.requests.update(task_id for (task_id,) in connection.execute(_TASKS, [list(ids)]))
