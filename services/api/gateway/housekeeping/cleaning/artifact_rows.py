"""Deleting rows of `artifacts`; their content is noted, for whoever looks whether it may go."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.housekeeping.cleaning.report import Tally

# What an entity needs stays, however it came to be. The content is always noted, whatever other
# rows there are: of two transactions that delete its last two, each still sees the other's.
_DELETE = """
WITH gone AS (DELETE FROM artifacts a WHERE id = ANY (%s::uuid[])
    AND NOT EXISTS (SELECT FROM kept_artifacts k WHERE k.artifact_id = a.id)
    RETURNING sha256, task_id),
noted AS (
    INSERT INTO discarded_contents (sha256) SELECT DISTINCT sha256 FROM gone ORDER BY 1
    ON CONFLICT (sha256) DO UPDATE SET noted_at = now(), trashed_at = NULL
)
SELECT DISTINCT task_id FROM gone WHERE task_id IS NOT NULL
"""
_WOULD_GO = """
SELECT count(*), coalesce(sum(size), 0)::bigint FROM (
    SELECT DISTINCT ON (sha256) sha256, size FROM artifacts a WHERE id = ANY (%s::uuid[])
        AND NOT EXISTS (SELECT FROM kept_artifacts k WHERE k.artifact_id = a.id)) AS contents
"""
_TASKS = """
SELECT DISTINCT task_id FROM artifacts WHERE id = ANY (%s::uuid[]) AND task_id IS NOT NULL
"""


def delete_rows(connection: Connection[Any], ids: Collection[UUID], tally: Tally) -> None:
    """Delete rows that the caller's transaction has locked; with `dry_run`, only count.

    Those that a document or an FAQ needs are left (gateway/reconciling/artifacts.py).
    """
    if not tally.dry_run:
        gone = connection.execute(_DELETE, [list(ids)])
        tally.requests.update(task_id for (task_id,) in gone)
        return
    ((files, size),) = connection.execute(_WOULD_GO, [list(ids)]).fetchall()
    tally.files += files
    tally.bytes += size
    tally.requests.update(task_id for (task_id,) in connection.execute(_TASKS, [list(ids)]))
