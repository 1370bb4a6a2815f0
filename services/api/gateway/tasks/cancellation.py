"""Cancelling tasks, durably: at once while they are unpublished, through the workers otherwise."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from psycopg import Connection

from gateway.auditing.changes import Action, Change, rows_of, told_beside
from gateway.batches.cancelling import begin_cancelling, lock_with_members
from gateway.batches.counting import settle_batches
from gateway.problems import NotFound
from gateway.recording.writing import write_transitions
from gateway.relaying.intents import possibly_published
from gateway.tasks.ending import end_locked
from warren.contracts.batches import BATCH_KIND
from warren.contracts.endings import cancelled
from warren.contracts.ids import new_id
from warren.contracts.orders import CancelTask
from warren.contracts.state_machine import HistoryNote, InFlight, TaskRow, Transition
from warren.contracts.states import TaskState
from warren.messaging.topology import CANCELS_STREAM

_NOTE_WHO_ASKED = told_beside("""
UPDATE tasks SET cancel_requested_at = %(now)s, cancel_requested_by = %(actor)s
WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s
""")
_PUBLISH = """
INSERT INTO publications (id, routing_key, body)
SELECT id, %(stream)s, convert_to(body, 'UTF8')
FROM json_to_recordset(%(rows)s::json) AS row (id uuid, body text)
"""


@dataclass(frozen=True, slots=True)
class CancelAnswer:
    """The state that the request left a task in: `cancelled`, `cancelling`, or what it was when
    it had ended otherwise before."""

    task_id: UUID
    state: TaskState

    @property
    def came_too_late(self) -> bool:
        """Whether the task had ended in another way already."""
        return self.state not in (TaskState.CANCELLED, TaskState.CANCELLING)


def cancel_task(connection: Connection[Any], task_id: UUID, actor: str) -> CancelAnswer:
    """Cancel one task, as `cancel_tasks` does; the audit tells of it, if it does.

    Raises NotFound: it may have been deleted since somebody saw it.
    """
    for answer in cancel_tasks(connection, [task_id], actor, told=True):
        return answer
    raise NotFound(f"there is no task {task_id}")


def cancel_tasks(
    connection: Connection[Any], task_ids: Sequence[UUID], actor: str, *, told: bool = False
) -> list[CancelAnswer]:
    """Cancel these tasks within the caller's transaction, which must hold no lock of theirs yet.

    Waits for a relay that is publishing one of them, and then finds it published. Repeating it
    changes nothing. Ids without a task are left out of the answer.

    What a relay may have published before it died counts as published. Workers are told of those
    tasks, and of those of which a message has ever been published; not of tasks that have only
    waited, so that masses of them do not fill the stream.

    With a batch its members are cancelled; it is `cancelling` until the last of them has ended.

    If `told`, each of these that is cancelled leaves an entry in the audit; members leave none.
    """
    if not task_ids:
        return []
    locked = lock_with_members(connection, task_ids)
    live = [
        row
        for row in locked.rows.values()
        if not row.state.is_terminal and row.state is not TaskState.CANCELLING
    ]
    batches = [row for row in live if row.kind == BATCH_KIND]
    live = [row for row in live if row.kind != BATCH_KIND]
    begin_cancelling(connection, batches, actor, locked.now)
    doubtful = possibly_published(connection, [row.id for row in live if row.outbox])
    published = [row for row in live if _may_be_running(row) or row.id in doubtful]
    running = {row.id for row in published}
    unpublished = [row for row in live if row.id not in running]
    states = {row.id: row.state for row in locked.rows.values()}
    states |= {row.id: TaskState.CANCELLING for row in published}
    states |= {row.id: TaskState.CANCELLED for row in unpublished}
    asked = set(task_ids)
    if live or batches:
        entries = [_told(row, actor) for row in (*live, *batches) if told and row.id in asked]
        _note_who_asked(connection, [*live, *batches], actor, locked.now, entries)
    end_locked(connection, [(row, cancelled(actor)) for row in unpublished], locked.now)
    write_transitions(
        connection,
        [_cancelling(row, doubtful.get(row.id), actor, locked.now) for row in published],
    )
    warned = [*published, *(row for row in unpublished if _was_published(row))]
    _order(connection, warned, actor, locked.now)
    states |= settle_batches(connection, [row.id for row in batches])
    return [CancelAnswer(task_id, state) for task_id, state in states.items() if task_id in asked]


def _may_be_running(row: TaskRow) -> bool:
    """Published and not known to have ended; without an outbox row, nobody knows better."""
    return row.in_flight is not None or not row.outbox


def _was_published(row: TaskRow) -> bool:
    """Whether there was an earlier message, of which a copy may be left."""
    issued = max((r.dispatch for r in row.outbox), default=row.dispatch)
    return (row.generation, issued, row.rank) > (1, 1, 0)


def _cancelling(
    row: TaskRow, possibly_published_at: datetime | None, actor: str, now: datetime
) -> Transition:
    after = copy(row)
    after.state = TaskState.CANCELLING
    after.waiting_for = None
    if row.in_flight is None and row.outbox and possibly_published_at is not None:
        # In custody it is the sweeper's to find out that no worker has it.
        issued = max(row.outbox, key=lambda r: (r.generation, r.dispatch))
        after.in_flight = InFlight(issued.generation, issued.dispatch, possibly_published_at)
    after.outbox = ()
    dispatch = after.in_flight.dispatch if after.in_flight else row.dispatch
    note = HistoryNote(
        row.id, row.generation, dispatch, "task.cancelling", row.attempt, now, {"by": actor}
    )
    return Transition(row, after, notes=[note])


def _note_who_asked(
    connection: Connection[Any],
    rows: Sequence[TaskRow],
    actor: str,
    now: datetime,
    entries: Sequence[Change],
) -> None:
    ids = sorted(row.id for row in rows)
    keys = {"ids": ids, "low": ids[0], "high": ids[-1]}
    values = {"now": now, "actor": actor, "told": rows_of(entries)}
    connection.execute(_NOTE_WHO_ASKED, {**values, **keys})


def _told(row: TaskRow, actor: str) -> Change:
    details = {"kind": row.kind, "state": row.state.value, "generation": row.generation}
    return Change(actor, Action.TASK_CANCELLED, str(row.id), row.customer_id, details)


def _order(connection: Connection[Any], rows: Sequence[TaskRow], actor: str, now: datetime) -> None:
    if not rows:
        return
    orders = [
        CancelTask(task_id=row.id, generation=row.generation, at=now, by=actor) for row in rows
    ]
    listed = [{"id": new_id(), "body": order.encode().decode()} for order in orders]
    connection.execute(_PUBLISH, {"stream": CANCELS_STREAM, "rows": orjson.dumps(listed).decode()})
    connection.execute("SELECT pg_notify('warren_publications', '')")
