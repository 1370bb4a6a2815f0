"""The ends of syncs: what is in step now, and which sync is next."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.reconciling.covering import confirm_covered, fail_covered
from gateway.reconciling.decision import Error, SyncRow, decide_end, decide_return
from gateway.reconciling.entities import Entity, SyncState
from gateway.reconciling.issued import is_shared, was_published
from gateway.reconciling.issuing import SyncIssuer, release
from gateway.reconciling.overtaken import CHATBOT_AHEAD, Overtaken, newer_there, send_again
from gateway.reconciling.rows import lock_syncs, syncs_of_tasks, write_syncs
from gateway.reconciling.superseding import end_without_call
from gateway.recording.loading import lock_tasks
from gateway.tasks.projection import Projection
from warren.contracts.state_machine import TaskRow, Transition
from warren.contracts.states import TaskState

_PREFIXES = ("document.", "faq.")
_SCOPES = (Entity.DOCUMENTS, Entity.DOCUMENT_SOURCE, Entity.FAQS)


@dataclass(frozen=True, slots=True)
class EndedSync:
    """The end of a task as it is an end of an entity's sync: in success if there is no `error`."""

    before: SyncRow
    after: SyncRow
    task: TaskRow
    error: Error | None
    #: What the chatbot has in place of this.
    newer: int | None = None

    @property
    def failed(self) -> bool:
        """Whether the entity is out of step from now on."""
        return self.after.state is SyncState.FAILED and self.before.task_id == self.task.id


#: What a domain does when its syncs end, within the recorder's transaction.
FollowUp = Callable[[Connection[Any], Sequence[EndedSync]], None]


def reconciling_projection(follow_up: FollowUp, issuer: SyncIssuer) -> Projection:
    """Follows every end of a sync, also one that no status brings, and every return."""

    def reconcile(connection: Connection[Any], transitions: Sequence[Transition]) -> None:
        moved = {
            t.after.id: t
            for t in transitions
            if t.after.kind.startswith(_PREFIXES) and (t.ended or _has_returned(t))
        }
        rows = syncs_of_tasks(connection, sorted(moved)) if moved else {}
        if not rows:
            return
        following = [row.next_task_id for row in rows.values() if row.next_task_id is not None]
        live = _lock_following(connection, following)
        locked = lock_syncs(connection, rows)
        ended = _record_ends(connection, locked, [t for t in moved.values() if t.ended])
        returned = _record_returns(connection, locked, moved.values())
        write_syncs(connection, locked.values())
        ended = _without_sent_again(connection, issuer, ended)
        _confirm_scopes(connection, ended)
        current = {row.task_id for row in locked.values()}
        release(connection, sorted(live & current - returned))
        follow_up(connection, ended)

    return reconcile


def _has_returned(transition: Transition) -> bool:
    """Whether it waits to be published once more."""
    return bool(transition.after.outbox) and transition.after.outbox != transition.before.outbox


def _lock_following(connection: Connection[Any], ids: Iterable[UUID]) -> set[UUID]:
    wanted = list(ids)
    if not wanted:
        return set()
    locked = lock_tasks(connection, wanted).rows.values()
    return {row.id for row in locked if not row.state.is_terminal}


def _record_ends(
    connection: Connection[Any], rows: dict[UUID, SyncRow], transitions: Sequence[Transition]
) -> list[EndedSync]:
    ended = []
    for entity_id, row in rows.items():
        # First what has not had its turn: then the end of the other one finds nothing to release.
        mine = [t for t in transitions if t.after.id in (row.next_task_id, row.task_id)]
        for transition in sorted(mine, key=lambda t: t.after.id != row.next_task_id):
            task = transition.after
            before = rows[entity_id]
            newer = newer_there(connection, task, before)
            error = _error_of(task, entity_id) if newer is None else _ahead(newer)
            published = was_published(transition.before) or was_published(task)
            after = decide_end(before, task.id, error, was_published=published)
            rows[entity_id] = after
            ended.append(EndedSync(before, after, task, error, newer))
    return ended


def _ahead(newer: int) -> Error:
    message = f"the chatbot has version {newer}, which was not made here, and keeps that"
    return {"type": CHATBOT_AHEAD, "message": message}


def _without_sent_again(
    connection: Connection[Any], issuer: SyncIssuer, ended: Sequence[EndedSync]
) -> list[EndedSync]:
    """Send what the chatbot did not take again; the rest is what has ended."""
    overtaken = [
        Overtaken(item.after, item.task.id, item.newer)
        for item in ended
        # Otherwise something later waits, deletes it, or was desired and cancelled.
        if item.newer is not None and item.failed and item.after.task_id == item.task.id
    ]
    sent = send_again(connection, issuer, overtaken)
    return [item for item in ended if item.after.entity_id not in sent]


def _record_returns(
    connection: Connection[Any], rows: dict[UUID, SyncRow], transitions: Iterable[Transition]
) -> set[UUID]:
    """A sync of which nobody needs the outcome any more gives way to the one that waits."""
    given_way: dict[UUID, int] = {}
    returned = {t.after.id: t for t in transitions if not t.ended}
    for entity_id, row in rows.items():
        transition = returned.get(row.task_id) if row.task_id else None
        if transition is None or row.task_id is None:
            continue
        if decide_return(row, row.task_id, is_shared=is_shared(transition.after)):
            given_way[row.task_id] = row.desired_version
            rows[entity_id] = replace(
                decide_end(row, row.task_id, None, was_published=True),
                synced_version=row.synced_version,
            )
        elif row.deleted and row.covered_by is not None:
            given_way[row.task_id] = row.desired_version
            rows[entity_id] = replace(row, reached=True)
    if given_way:
        locked = lock_tasks(connection, given_way)
        end_without_call(
            connection,
            locked.rows.values(),
            lambda task: {"superseded_by": given_way[task.id]},
            locked.now,
        )
    return set(given_way)


def _confirm_scopes(connection: Connection[Any], ended: Sequence[EndedSync]) -> None:
    for item in ended:
        if item.after.entity not in _SCOPES:
            continue
        if item.error is None:
            confirm_covered(connection, item.after)
        # Also after a success, if what waited for it was cancelled: nothing else will come.
        if item.failed:
            fail_covered(connection, item.after, item.after.last_error or {})


def _error_of(task: TaskRow, entity_id: UUID) -> Error | None:
    match task.state:
        case TaskState.SUCCEEDED:
            return _refusals(task.result).get(str(entity_id)) if is_shared(task) else None
        case TaskState.FAILED:
            return task.error or {"type": "Failed", "message": "the sync has failed"}
        case _:
            return {"type": task.state.value.capitalize(), "message": f"the sync was {task.state}"}


def _refusals(result: Any) -> Mapping[str, Error]:
    """What an import says of the rows that were not applied, by entity."""
    said = result if isinstance(result, dict) else {}
    messages = {
        str(item.get("faq_id")): str(item.get("message"))
        for item in said.get("errors") or ()
        if isinstance(item, dict)
    }
    return {
        entity: {"type": "RowRefused", "message": messages.get(entity, "the chatbot refused it")}
        for entity in [*messages, *map(str, said.get("refused") or ())]
    }
