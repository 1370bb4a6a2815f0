"""Moving noted content to the store's trash, and emptying that.

Each content is settled under the lock of its note, so that any number of runs share the work. A
kill between the store and the commit leaves the note: the next run finds the file moved already,
does not count it again, and goes on.
"""

from collections.abc import Callable, Iterator
from typing import Any, LiteralString

from psycopg import Connection

from gateway.housekeeping.cleaning.references import in_messages, referenced
from gateway.housekeeping.cleaning.report import Tally
from gateway.housekeeping.cleaning.steps import Check, in_steps
from warren.artifacts import ArtifactStore
from warren.errors import WarrenError

#: Contents that one look at all references is for, and that one transaction settles.
_LOOK, _STEP = 20_000, 100

_NOTED: LiteralString = """
SELECT sha256 FROM discarded_contents WHERE trashed_at IS NULL AND sha256 > %(after)s
ORDER BY sha256 LIMIT %(limit)s
"""
_OLD: LiteralString = """
SELECT sha256 FROM discarded_contents
WHERE (trashed_at < now() - make_interval(days => %(days)s)
        OR trashed_at IS NOT NULL AND noted_at = '-infinity') AND sha256 > %(after)s
ORDER BY sha256 LIMIT %(limit)s
"""
_LOCK = """
SELECT n.sha256, EXISTS (SELECT FROM artifacts a WHERE a.sha256 = n.sha256)
FROM discarded_contents n WHERE n.sha256 = ANY (%s) AND (n.trashed_at IS NOT NULL) = %s
ORDER BY n.sha256 FOR UPDATE OF n SKIP LOCKED
"""
_TRASHED = "UPDATE discarded_contents SET trashed_at = now() WHERE sha256 = %s"
_FORGET = "DELETE FROM discarded_contents WHERE sha256 = %s"

#: Settles one content, which is kept or not; returns the statement for its note.
Settle = Callable[[str, bool], LiteralString]


def trash_noted(
    connection: Connection[Any], store: ArtifactStore, tally: Tally, check: Check
) -> None:
    """Move noted content that nothing refers to into the trash; forget the notes of the rest.

    `check` is called between transactions and may raise to end it.
    """

    def settle(sha256: str, kept: bool) -> LiteralString:
        if kept:
            return _FORGET
        if (gone := store.discard(sha256)) is not None:
            tally.add_file(gone.size)
        return _TRASHED

    for looked_at in _batches(connection, _NOTED, {}):
        kept = referenced(connection, looked_at)
        _settle(connection, looked_at, kept, settle, tally, check, trashed=False)


def empty_trash(
    connection: Connection[Any],
    store: ArtifactStore,
    days: int,
    tally: Tally,
    check: Check,
) -> None:
    """Delete for good what has lain in the trash for `days`; restore what is wanted after all.

    What was noted at '-infinity' is of an erased customer, and goes at once.
    """

    def settle(sha256: str, kept: bool) -> LiteralString:
        if kept:
            store.restore(sha256)
        else:
            tally.files += 1
        store.purge(sha256)
        return _FORGET

    for looked_at in _batches(connection, _OLD, {"days": days}):
        kept = in_messages(connection, looked_at)
        _settle(connection, looked_at, kept, settle, tally, check, trashed=True)


def _batches(
    connection: Connection[Any], query: LiteralString, values: dict[str, Any]
) -> Iterator[list[str]]:
    after = ""
    while True:
        found = connection.execute(query, {**values, "after": after, "limit": _LOOK}).fetchall()
        if not found:
            return
        yield [sha256 for (sha256,) in found]
        after = found[-1][0]


def _settle(
    connection: Connection[Any],
    contents: list[str],
    kept: set[str],
    settle: Settle,
    tally: Tally,
    check: Check,
    *,
    trashed: bool,
) -> None:
    for step in in_steps(contents, _STEP):
        check()
        with connection.transaction():
            for sha256, has_row in connection.execute(_LOCK, [step, trashed]).fetchall():
                try:
                    statement = settle(sha256, has_row or sha256 in kept)
                except WarrenError as error:
                    tally.add_error(error)
                    continue
                connection.execute(statement, [sha256])
