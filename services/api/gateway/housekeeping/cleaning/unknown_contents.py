"""Content of the store that no row tells of: its writer was killed, or its task refused."""

from typing import Any

from psycopg import Connection

from gateway.housekeeping.cleaning.references import referenced
from gateway.housekeeping.cleaning.report import Tally
from gateway.housekeeping.cleaning.steps import Check, in_steps
from warren.artifacts import ArtifactStore, StoredFile
from warren.errors import WarrenError

_STEP = 1_000
_DAY = 86_400.0

_WITHOUT_ROW = """
SELECT sha256 FROM unnest(%s::text[]) AS stored (sha256)
WHERE NOT EXISTS (SELECT FROM artifacts a WHERE a.sha256 = stored.sha256)
"""
# What was restored from the trash, or stored again, is looked at like everything else; what waits
# to go at once still does.
_NOTE = """
INSERT INTO discarded_contents (sha256) SELECT unnest(%s::text[]) ORDER BY 1
ON CONFLICT (sha256) DO UPDATE SET trashed_at = NULL, noted_at = CASE
    WHEN discarded_contents.noted_at = '-infinity' AND discarded_contents.trashed_at IS NULL
    THEN '-infinity' ELSE now() END
"""


def note_unknown_contents(
    connection: Connection[Any], store: ArtifactStore, days: int, tally: Tally, check: Check
) -> None:
    """Note what was stored more than `days` ago and has no row; with `dry_run`, count it."""
    try:
        for step in in_steps(store.contents(days * _DAY), _STEP):
            check()
            _note(connection, step, tally)
    except WarrenError as error:
        tally.add_error(error)


def _note(connection: Connection[Any], stored: list[StoredFile], tally: Tally) -> None:
    sizes = {content.sha256: content.size for content in stored}
    unknown = [row[0] for row in connection.execute(_WITHOUT_ROW, [list(sizes)])]
    if not tally.dry_run:
        connection.execute(_NOTE, [unknown])
        return
    for sha256 in set(unknown) - referenced(connection, unknown):
        tally.add_file(sizes[sha256])
