"""Deleting rows of `artifacts`; their content is noted, for whoever looks whether it may go."""

from collections.abc import Collection
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection

from gateway.housekeeping.cleaning.report import Tally

# What an entity needs stays, however it came to be; so do pictures that are kept, or whose book is
# there, with their thumbnails and masks.
_NOT_NEEDED: LiteralString = """NOT EXISTS (SELECT FROM kept_artifacts k WHERE k.artifact_id = a.id)
    AND NOT EXISTS (SELECT FROM generated_images g WHERE g.task_id = a.task_id
        AND a.id IN (g.id, g.thumbnail_id, g.mask_id) AND (g.keep OR EXISTS (
            SELECT FROM books b WHERE b.id = g.book_id AND b.customer_id = g.customer_id)))"""
# The content is always noted, whatever other rows there are: of two transactions that delete its
# last two, each still sees the other's.
_DELETE: LiteralString = f"""
WITH gone AS (DELETE FROM artifacts a WHERE id = ANY (%s::uuid[])
    AND {_NOT_NEEDED}
    RETURNING sha256, task_id),
noted AS (
    INSERT INTO discarded_contents (sha256) SELECT DISTINCT sha256 FROM gone ORDER BY 1
    ON CONFLICT (sha256) DO UPDATE SET noted_at = now(), trashed_at = NULL
)
SELECT DISTINCT task_id FROM gone WHERE task_id IS NOT NULL
"""  # noqa: S608 -- a constant
_WOULD_GO: LiteralString = f"""
SELECT count(*), coalesce(sum(size), 0)::bigint FROM (
    SELECT DISTINCT ON (sha256) sha256, size FROM artifacts a WHERE id = ANY (%s::uuid[])
        AND {_NOT_NEEDED}) AS contents
"""  # noqa: S608 -- a constant
_TASKS = """
SELECT DISTINCT task_id FROM artifacts WHERE id = ANY (%s::uuid[]) AND task_id IS NOT NULL
"""


def delete_rows(connection: Connection[Any], ids: Collection[UUID], tally: Tally) -> None:
    """Delete rows that the caller's transaction has locked; with `dry_run`, only count.

    Those that a document or an FAQ needs are left (gateway/reconciling/artifacts.py), and pictures
    that are kept, or of a book that is there.
    """
    if not tally.dry_run:
        gone = connection.execute(_DELETE, [list(ids)])
        tally.requests.update(task_id for (task_id,) in gone)
        return
    ((files, size),) = connection.execute(_WOULD_GO, [list(ids)]).fetchall()
    tally.files += files
    tally.bytes += size
    tally.requests.update(task_id for (task_id,) in connection.execute(_TASKS, [list(ids)]))
