"""Contents of the store that nobody else has are deleted for good, past the trash."""

from collections.abc import Collection
from typing import Any, LiteralString

from psycopg import Connection

from gateway.housekeeping.cleaning.report import Tally
from gateway.housekeeping.cleaning.steps import Check, in_steps
from gateway.housekeeping.cleaning.trashing import empty_trash, trash_noted
from warren.artifacts import ArtifactStore
from warren.errors import TransientError

_STEP = 1_000
#: Nothing else has lain in the trash for so long.
_DAYS = 100_000
_AT_ONCE: LiteralString = """
UPDATE discarded_contents SET trashed_at = '-infinity'
WHERE sha256 = ANY (%s) AND trashed_at IS NOT NULL
"""


def erase_contents(
    connection: Connection[Any], store: ArtifactStore, hashes: Collection[str], check: Check
) -> None:
    """Delete these contents unless anything refers to them. Raises TransientError for a store that
    does not let them go."""
    tally = Tally(dry_run=False)
    trash_noted(connection, store, tally, check)
    for step in in_steps(sorted(hashes), _STEP):
        connection.execute(_AT_ONCE, [step])
    empty_trash(connection, store, _DAYS, tally, check)
    if tally.errors:
        raise TransientError(f"some content could not be deleted: {tally.errors[0]}")
