"""Deleting many entities by one sync: it supersedes what waits, and all become tombstones."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.types.json import Jsonb

from gateway.authentication import Caller
from gateway.reconciling.changing import Change, apply_changes, lock_with_tasks, supersede
from gateway.reconciling.decision import Decision, Error, SyncRow, decide_cover
from gateway.reconciling.entities import SyncState
from gateway.reconciling.issuing import SyncIssuer
from gateway.reconciling.rows import write_syncs

_CONFIRM: LiteralString = """
UPDATE syncs SET state = 'synced', synced_version = desired_version, synced_at = now(),
    last_error = NULL
WHERE covered_by = %(scope)s AND state <> 'synced' AND desired_version <= %(version)s
"""
_FAIL: LiteralString = """
UPDATE syncs SET state = 'failed', last_error = %(error)s
WHERE covered_by = %(scope)s AND state = 'pending' AND desired_version <= %(version)s
"""


def delete_covered(
    connection: Connection[Any],
    issuer: SyncIssuer,
    caller: Caller,
    change: Change,
    members: Sequence[UUID],
    *,
    always: bool,
    traceparent: str | None = None,
) -> Decision:
    """Delete `members` by the sync that `change` describes.

    Unless `always`, no call is made if none of them can have reached the chatbot. The caller has
    taken the version in this transaction, and holds no other lock of theirs.
    """
    locked = lock_with_tasks(connection, {*members, change.entity_id})
    covered: list[SyncRow] = []
    superseded: dict[UUID, int] = {}
    for member in members:
        before = locked.rows.get(member)
        if before is None or before.is_gone:
            continue
        after, needless = decide_cover(
            before, change.version, change.entity_id, locked.issued_of(before)
        )
        covered.append(after)
        superseded |= dict.fromkeys(needless, change.version)
    write_syncs(connection, covered)
    supersede(connection, locked, superseded)
    unknown = not any(row.reached for row in covered)
    (decision,) = apply_changes(
        connection,
        issuer,
        caller,
        [replace(change, needless=not always and unknown)],
        locked,
        traceparent=traceparent,
    )
    if decision.after.state is SyncState.SYNCED:
        confirm_covered(connection, decision.after)
    return decision


def confirm_covered(connection: Connection[Any], scope: SyncRow) -> None:
    """The chatbot has deleted all that the synced version of `scope` covers."""
    values = {"scope": scope.entity_id, "version": scope.synced_version}
    connection.execute(_CONFIRM, values)


def fail_covered(connection: Connection[Any], scope: SyncRow, error: Error) -> None:
    """The chatbot could not delete what `scope` covers."""
    values = {
        "scope": scope.entity_id,
        "version": scope.desired_version,
        "error": Jsonb(error),
    }
    connection.execute(_FAIL, values)
