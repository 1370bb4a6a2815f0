"""Which content is still referred to: nothing else may be thrown away.

It is by a row of `artifacts`, by the payload of a task that has not been cleaned up (and so of
every live, delayed or repeatable one), and by the message of an open dead letter. In payloads,
whatever looks like a SHA-256 counts as a reference.
"""

from collections.abc import Collection, Iterator
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection

#: Rows that one statement looks at.
_WINDOW = 2_000
_FIRST = UUID(int=0)

_ROWS = "SELECT DISTINCT sha256 FROM artifacts WHERE sha256 = ANY (%s)"
_NAMED: LiteralString = """
SELECT (SELECT id FROM seen ORDER BY id DESC LIMIT 1), ARRAY (
    SELECT DISTINCT named[1] FROM seen, regexp_matches(seen.text, '[0-9a-f]{64}', 'g') AS named
    WHERE named[1] = ANY (%(candidates)s))
"""
_IN_PAYLOADS: LiteralString = """
WITH seen AS MATERIALIZED (
    SELECT id, payload::text AS text FROM tasks
    WHERE cleaned_at IS NULL AND id > %(after)s ORDER BY id LIMIT %(window)s
)
"""
_IN_LETTERS: LiteralString = """
WITH seen AS MATERIALIZED (
    SELECT id, encode(message, 'escape') AS text FROM dead_letters
    WHERE resolution IS NULL AND id > %(after)s ORDER BY id LIMIT %(window)s
)
"""


def referenced(connection: Connection[Any], candidates: Collection[str]) -> set[str]:
    """Those of these hashes that something refers to; looks at every task that is not cleaned."""
    wanted = list(candidates)
    if not wanted:
        return set()
    found = {sha256 for (sha256,) in connection.execute(_ROWS, [wanted])}
    return found | in_messages(connection, wanted)


def in_messages(connection: Connection[Any], candidates: Collection[str]) -> set[str]:
    """Those that a task's payload or a dead letter names, whatever rows there are."""
    wanted = list(candidates)
    # Letters last: a task that fails meanwhile has been looked at as a task, or is as a letter.
    return {*_named(connection, _IN_PAYLOADS, wanted), *_named(connection, _IN_LETTERS, wanted)}


def in_new_tasks(connection: Connection[Any], candidates: Collection[str], since: UUID) -> set[str]:
    """Those that the payload of a task with a later id than `since` names."""
    return set(_named(connection, _IN_PAYLOADS, list(candidates), since))


def _named(
    connection: Connection[Any],
    query: LiteralString,
    candidates: list[str],
    since: UUID = _FIRST,
) -> Iterator[str]:
    after: UUID | None = since
    while after is not None:
        values = {"after": after, "window": _WINDOW, "candidates": candidates}
        ((after, named),) = connection.execute(query + _NAMED, values).fetchall()
        yield from named
