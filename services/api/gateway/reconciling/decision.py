"""What a change, or the end of a sync, means for an entity: pure, no I/O.

Of an entity at most one sync is in the broker's or a worker's hands (`task_id`). A change that
comes meanwhile waits for its end as `next_task_id`, and a later change takes the place of one that
waits. What has not been published is superseded: it ends without a call.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from gateway.reconciling.entities import Entity, SyncState

#: As errors of tasks have it (contracts.md); `source` is for operators.
Error = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SyncRow:
    """How far an entity is in step."""

    entity_id: UUID
    customer_id: UUID
    entity: Entity
    desired_version: int
    synced_version: int = 0
    deleted: bool = False
    covered_by: UUID | None = None
    reached: bool = False
    task_id: UUID | None = None
    task_version: int | None = None
    next_task_id: UUID | None = None
    state: SyncState = SyncState.PENDING
    last_error: Error | None = None

    @property
    def next_has_ended(self) -> bool:
        """Whether what waits was cancelled: it is not due in its turn, and may be started again."""
        return self.next_task_id is not None and self.last_error is not None

    @property
    def is_gone(self) -> bool:
        """Whether it was deleted here and, as far as is known, downstream."""
        return self.deleted and self.state is SyncState.SYNCED


@dataclass(frozen=True, slots=True)
class IssuedSync:
    """The task of a sync that was issued.

    `is_held`: a worker may have it now. `was_published`: one may have had it. `is_shared`: it is
    the sync of other entities as well.
    """

    is_live: bool
    is_held: bool = False
    was_published: bool = False
    is_shared: bool = False

    @property
    def can_be_superseded(self) -> bool:
        """Whether nobody would notice if it ended without a call."""
        return self.is_live and not self.is_held and not self.is_shared


class Placement(StrEnum):
    """What becomes of a new task: it is published, waits for another's end, or needs no call."""

    DUE = "due"
    PARKED = "parked"
    NEEDLESS = "needless"


@dataclass(frozen=True, slots=True)
class Decision:
    """The row afterwards, what becomes of the new task, and which tasks end without a call."""

    after: SyncRow
    placement: Placement
    superseded: tuple[UUID, ...] = ()


def decide_change(
    before: SyncRow,
    version: int,
    task_id: UUID,
    issued: IssuedSync | None,
    *,
    deletes: bool = False,
    needless: bool | None = None,
) -> Decision:
    """The entity is desired in another version, and `task_id` is to bring it about.

    `issued` is the task that `before` names, if it names one. `needless` says whether no call is
    needed; None: not for a deletion of what cannot have reached the chatbot.
    """
    current, superseded = _superseded(before, issued)
    reached = before.reached or (issued is not None and issued.was_published)
    is_held_up = current is not None and current.is_live
    if needless is None:
        needless = deletes and not reached
    after = replace(
        before,
        desired_version=version,
        deleted=deletes,
        covered_by=None,
        reached=reached,
        state=SyncState.PENDING,
        last_error=None,
    )
    if is_held_up:
        return Decision(replace(after, next_task_id=task_id), Placement.PARKED, superseded)
    after = replace(after, task_id=task_id, task_version=version, next_task_id=None)
    if needless:
        after = replace(after, synced_version=version, state=SyncState.SYNCED)
        return Decision(after, Placement.NEEDLESS, superseded)
    return Decision(after, Placement.DUE, superseded)


def decide_cover(
    before: SyncRow, version: int, scope: UUID, issued: IssuedSync | None
) -> tuple[SyncRow, tuple[UUID, ...]]:
    """The entity is deleted by the sync of `scope`; returns its row, and what needs no call now."""
    if issued is not None:
        # All that share it are deleted together.
        issued = replace(issued, is_shared=False)
    _, superseded = _superseded(before, issued)
    after = replace(
        before,
        desired_version=version,
        deleted=True,
        covered_by=scope,
        reached=before.reached or (issued is not None and issued.was_published),
        next_task_id=None,
        state=SyncState.PENDING,
        last_error=None,
    )
    return after, superseded


def decide_end(
    before: SyncRow, task_id: UUID, error: Error | None, *, was_published: bool
) -> SyncRow:
    """The task has ended: with success if there is no `error`, else for good.

    If another sync waits for that, it is the row's `task_id` afterwards, and due.
    """
    if task_id == before.next_task_id:
        return _without_turn(before, error)
    if task_id != before.task_id:
        return before
    # What has not succeeded may be started again, whatever is desired by then.
    after = replace(before, reached=before.reached or was_published or error is not None)
    if error is None:
        done = max(before.synced_version, before.task_version or 0)
        after = replace(after, synced_version=done)
    if before.next_task_id is not None:
        return replace(
            after,
            task_id=before.next_task_id,
            task_version=before.desired_version,
            next_task_id=None,
            # Until somebody starts it again, or has.
            state=SyncState.FAILED if before.next_has_ended else before.state,
        )
    if before.covered_by is not None:
        return after
    if error is None and after.synced_version >= before.desired_version:
        return replace(after, state=SyncState.SYNCED, last_error=None)
    return replace(after, state=SyncState.FAILED, last_error=error or before.last_error)


def decide_return(before: SyncRow, task_id: UUID, *, is_shared: bool) -> bool:
    """Whether the task, which waits to be published once more, need not be: a later one waits."""
    is_current = task_id == before.task_id
    is_followed = before.next_task_id is not None and not before.next_has_ended
    return is_current and not is_shared and is_followed


def _without_turn(before: SyncRow, error: Error | None) -> SyncRow:
    """What waits has ended: somebody has cancelled it, or has then started it again."""
    if error is not None:
        return replace(before, reached=True, last_error=error)
    return replace(
        before,
        reached=True,
        task_id=before.next_task_id,
        task_version=before.desired_version,
        next_task_id=None,
        synced_version=before.desired_version,
        state=SyncState.SYNCED,
        last_error=None,
    )


def _superseded(
    before: SyncRow, issued: IssuedSync | None
) -> tuple[IssuedSync | None, tuple[UUID, ...]]:
    """The sync that is still to end, and those that need not be published any more."""
    superseded = [before.next_task_id] if before.next_task_id else []
    if issued is not None and before.task_id is not None and issued.can_be_superseded:
        return None, (before.task_id, *superseded)
    return issued, tuple(superseded)
