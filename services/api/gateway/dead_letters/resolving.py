"""What is done about dead letters: replay, the next generation of the task, or discard.

All functions work within the caller's transaction, which must hold no lock on the outbox yet.
"""

from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection

from gateway.auditing.changes import Action, Change, responsible
from gateway.dead_letters.selection import LetterFilter
from gateway.tasks.erased_owners import refused_by_erasures
from gateway.tasks.generations import start_generation

_REPLAYABLE: LiteralString = """
SELECT d.id, d.task_id, d.generation FROM dead_letters d JOIN tasks t ON t.id = d.task_id
WHERE d.resolution IS NULL AND d.id > %(after)s AND t.generation = d.generation
    AND t.state = 'failed' AND t.kind <> 'api.erase_customer'
"""
_DISCARDABLE: LiteralString = """
SELECT d.id FROM dead_letters d WHERE d.resolution IS NULL AND d.id > %(after)s
"""
_COUNT: LiteralString = "SELECT count(*) FROM dead_letters d WHERE d.resolution IS NULL"
_NEXT: LiteralString = " ORDER BY d.id LIMIT %(limit)s"
# Locked before their tasks, by everybody: who discards one meanwhile waits, or is seen.
_STILL_OPEN = """
SELECT d.task_id, d.generation FROM dead_letters d
    JOIN unnest(%s::uuid[], %s::integer[]) AS wanted (task_id, generation)
    ON d.task_id = wanted.task_id AND d.generation = wanted.generation
WHERE d.resolution IS NULL ORDER BY d.id FOR UPDATE OF d
"""
# Every letter of that generation is answered: a message given up twice is one failure.
_REPLAYED = """
UPDATE dead_letters d SET resolution = 'replayed', resolved_at = now(), resolved_by = %s
FROM unnest(%s::uuid[], %s::integer[]) AS started (task_id, generation)
WHERE d.task_id = started.task_id AND d.generation = started.generation AND d.resolution IS NULL
"""
_DISCARD = """
UPDATE dead_letters SET resolution = 'discarded', resolved_at = now(), resolved_by = %s,
    resolution_reason = %s
WHERE id = ANY (%s::uuid[]) AND resolution IS NULL
"""
_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Resolved:
    """One step of a bulk action: `done` letters; go on behind `last`, or stop when it is None."""

    done: int
    last: UUID | None


def count_open(connection: Connection[Any], chosen: LetterFilter) -> int:
    """Open letters of the filter."""
    conditions, values = chosen.conditions()
    row = connection.execute(" AND ".join([_COUNT, *conditions]), values).fetchone()
    return int(row[0]) if row else 0


def replay_letters(
    connection: Connection[Any],
    chosen: LetterFilter,
    limit: int,
    actor: str,
    *,
    after: UUID | None = None,
) -> Resolved:
    """Replay the next `limit` open letters of the filter, oldest first, behind the letter `after`.

    Letters whose task has moved on, those that name no task, those of erasures of customers, which
    are not for every operator to start again, and those of customers that are being erased, stay.
    Raises ValueError for an empty filter.
    """
    found = _select(connection, _REPLAYABLE, chosen, limit, after)
    done = _replay(connection, {row[1]: row[2] for row in found}, actor)
    _record(connection, actor, Action.LETTERS_REPLAYED, done)
    return Resolved(done, found[-1][0] if found else None)


def discard_letters(
    connection: Connection[Any],
    chosen: LetterFilter,
    limit: int,
    actor: str,
    *,
    reason: str,
    after: UUID | None = None,
) -> Resolved:
    """Discard the next `limit` open letters of the filter; their tasks stay as they are.

    Raises ValueError for an empty filter.
    """
    found = _select(connection, _DISCARDABLE, chosen, limit, after)
    ids = [row[0] for row in found]
    done = _discard(connection, ids, actor, reason)
    _record(connection, actor, Action.LETTERS_DISCARDED, done, reason=reason)
    return Resolved(done, ids[-1] if ids else None)


def replay_letter(connection: Connection[Any], task_id: UUID, generation: int, actor: str) -> bool:
    """Start the generation after the one that a letter tells of; False if the task has moved on, or
    its customer is being erased."""
    replayed = _replay(connection, {task_id: generation}, actor)
    _record(connection, actor, Action.LETTERS_REPLAYED, replayed, of=task_id)
    return replayed > 0


def discard_letter(
    connection: Connection[Any], letter_id: UUID, actor: str, *, reason: str
) -> bool:
    """Set an open letter aside for good; False if it is open no more."""
    discarded = _discard(connection, [letter_id], actor, reason)
    _record(connection, actor, Action.LETTERS_DISCARDED, discarded, of=letter_id, reason=reason)
    return discarded > 0


def _discard(connection: Connection[Any], letters: list[UUID], actor: str, reason: str) -> int:
    return connection.execute(_DISCARD, [actor, reason, letters]).rowcount


def _record(
    connection: Connection[Any],
    actor: str,
    action: Action,
    count: int,
    *,
    of: UUID | None = None,
    **details: str,
) -> None:
    """One entry for each step; its target is the task or letter, or whoever acts on many."""
    if count:
        change = Change(
            responsible(connection, actor),
            action,
            str(of or actor),
            details={"letters": count, **details},
        )
        change.record(connection)


def _replay(connection: Connection[Any], failed: dict[UUID, int], actor: str) -> int:
    wanted = [list(failed), list(failed.values())]
    still_open = dict(connection.execute(_STILL_OPEN, wanted).fetchall())
    refused = refused_by_erasures(connection, still_open)
    allowed = still_open.keys() - refused.keys()
    started = start_generation(connection, allowed, actor, after=still_open)
    if not started:
        return 0
    tasks = sorted(started)
    generations = [still_open[task] for task in tasks]
    return connection.execute(_REPLAYED, [actor, tasks, generations]).rowcount


def _select(
    connection: Connection[Any],
    query: LiteralString,
    chosen: LetterFilter,
    limit: int,
    after: UUID | None,
) -> list[Any]:
    if chosen.is_empty:
        raise ValueError("a filter that means every dead letter is refused: name a queue or cause")
    conditions, values = chosen.conditions()
    restricted = " AND ".join([query, *conditions]) + _NEXT
    return connection.execute(
        restricted, {**values, "limit": limit, "after": after or _FIRST}
    ).fetchall()
