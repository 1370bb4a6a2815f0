"""Contents of the store that nobody else has are deleted for good, past the trash."""

from typing import Any

from psycopg import Connection

from gateway.housekeeping.cleaning.report import Tally
from gateway.housekeeping.cleaning.steps import Check
from gateway.housekeeping.cleaning.trashing import empty_trash, trash_noted
from warren.artifacts import ArtifactStore
from warren.errors import TransientError

#: Nothing has lain in the trash for so long: only what is noted to go at once is deleted.
_DAYS = 100_000


def erase_contents(connection: Connection[Any], store: ArtifactStore, check: Check) -> None:
    """Delete what is noted to go at once unless anything refers to it.

    Raises TransientError for a store that does not let it go.
    """
    tally = Tally(dry_run=False)
    trash_noted(connection, store, tally, check)
    empty_trash(connection, store, _DAYS, tally, check)
    if tally.errors:
        raise TransientError(f"some content could not be deleted: {tally.errors[0]}")
