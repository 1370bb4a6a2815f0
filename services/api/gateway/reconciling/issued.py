"""What is known of the tasks of syncs, under their locks."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.reconciling.decision import IssuedSync
from gateway.relaying.intents import possibly_published
from warren.contracts.faqs import ImportFaqs
from warren.contracts.state_machine import TaskRow

#: Kinds whose task is the sync of many entities.
_SHARED = frozenset({ImportFaqs.kind})


def issued_syncs(
    connection: Connection[Any], rows: Mapping[UUID, TaskRow]
) -> dict[UUID, IssuedSync]:
    """By task id; the caller has locked these tasks and their outbox."""
    unpublished = [row.id for row in rows.values() if row.outbox and row.in_flight is None]
    doubtful = possibly_published(connection, unpublished) if unpublished else {}
    return {
        task_id: IssuedSync(
            is_live=not row.state.is_terminal,
            is_held=row.in_flight is not None or not row.outbox or task_id in doubtful,
            was_published=was_published(row) or task_id in doubtful,
            is_shared=is_shared(row),
        )
        for task_id, row in rows.items()
    }


def was_published(row: TaskRow) -> bool:
    """Whether a worker may ever have had it."""
    dispatch = max((r.dispatch for r in row.outbox), default=row.dispatch)
    return row.in_flight is not None or (row.generation, dispatch, row.rank) > (1, 1, 0)


def is_shared(row: TaskRow) -> bool:
    """Whether it is the sync of many entities."""
    return row.kind in _SHARED
