"""The next generation of tasks that have ended: retry, replay and resubmission are this."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.auditing.changes import Action, Change, rows_of, told_beside
from gateway.batches.counting import missing_members, reopen_members
from gateway.images.orders import count_today
from gateway.recording.loading import lock_tasks
from gateway.recording.writing import write_transitions
from gateway.tasks.restoring import restore_payloads
from gateway.tasks.unique_keys import retake_unique_keys
from warren.contracts.generations import RETRYABLE, next_generation
from warren.contracts.state_machine import TaskRow
from warren.contracts.webhooks import DeliverWebhook

# What belonged to the generation that ended: its time to start by, and who stopped it.
_FORGET = told_beside("""
UPDATE tasks SET due_at = NULL, expires_at = NULL, cancel_requested_at = NULL,
    cancel_requested_by = NULL
WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s
""")


def start_generation(
    connection: Connection[Any],
    task_ids: Iterable[UUID],
    actor: str,
    *,
    after: Mapping[UUID, int] | None = None,
    told: bool = False,
) -> dict[UUID, int]:
    """Start the next generation of those of these tasks that have ended without success.

    Within the caller's transaction, which must hold no lock on the outbox yet. `after` names the
    generation that a task must still be in, so that a second asker starts nothing. Left out are
    also deliveries, whose address and secrets may be others by now (`resend` reads them anew),
    tasks whose unique key another live task holds, and those whose payload was cleaned up and is in
    no dead letter. Of a batch those members start again that did not succeed. Returns the
    generation of each of `task_ids` that was started.

    If `told`, each of these leaves an entry in the audit; members of a batch leave none.
    """
    wanted = set(task_ids)
    if not wanted:
        return {}
    missing = missing_members(connection, wanted)
    locked = lock_tasks(connection, wanted | missing.keys())
    rows = {i: row for i, row in locked.rows.items() if _may_start(row, after or {})}
    ended = [row for row in rows.values() if row.id in wanted or missing[row.id] in rows]
    empty = restore_payloads(connection, [row.id for row in ended])
    startable = [row for row in ended if row.id not in empty]
    refused = retake_unique_keys(connection, [row.id for row in startable])
    transitions = [
        next_generation(row, actor, locked.now) for row in startable if row.id not in refused
    ]
    if transitions:
        ids = sorted(t.after.id for t in transitions)
        entries = rows_of(
            _told(t.before, actor) for t in transitions if told and t.after.id in wanted
        )
        keys = {"ids": ids, "low": ids[0], "high": ids[-1]}
        connection.execute(_FORGET, {**keys, "told": entries})
        count_today(connection, ids)
        write_transitions(connection, transitions)
        reopen_members(connection, ids)
    return {t.after.id: t.after.generation for t in transitions if t.after.id in wanted}


def _may_start(row: TaskRow, after: Mapping[UUID, int]) -> bool:
    is_delivery = row.kind == DeliverWebhook.kind
    is_next = after.get(row.id, row.generation) == row.generation
    return row.state in RETRYABLE and is_next and not is_delivery


def _told(row: TaskRow, actor: str) -> Change:
    details = {"kind": row.kind, "state": row.state.value, "generation": row.generation}
    return Change(actor, Action.TASK_RETRIED, str(row.id), row.customer_id, details)
