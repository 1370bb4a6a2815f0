"""Bulk actions on tasks: step by step, a transaction each, from where the last one ended."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from threading import Event
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import Connection

from gateway.auditing.changes import Action, Change, responsible
from gateway.database_session import DatabaseSession
from gateway.housekeeping.bulk_position import Acted, Progress, begin, lock, move, progress_of
from gateway.tasks.cancellation import cancel_tasks
from gateway.tasks.counting import count_tasks
from gateway.tasks.erased_owners import refused_by_erasures
from gateway.tasks.generations import start_generation
from gateway.tasks.selection import TaskFilter
from gateway.tasks.selection_windows import Window, choosing, window_values
from warren.errors import RejectedInput, Unavailable
from warren.worker import JobContext

#: Tasks of one transaction, and seconds after it: others want the database, too.
_STEP = 500
_PAUSE = 0.1
#: Rows that a step looks at: small, as it holds the place of the action meanwhile.
_WINDOW = 2_000
#: Seconds that counting may take at the start; without a total there is no percentage.
_COUNTING = 10.0

_LOCK: LiteralString = """
SELECT t.id, t.generation FROM tasks t
WHERE t.id = ANY (%(ids)s::uuid[]) AND t.id BETWEEN %(low)s AND %(high)s AND {conditions}
ORDER BY t.id FOR NO KEY UPDATE
"""
#: Acts on locked tasks, given with their generations.
Act = Callable[[Connection[Any], Mapping[UUID, int], str], Acted]


def cancel(connection: Connection[Any], tasks: Mapping[UUID, int], actor: str) -> Acted:
    """Cancel these tasks."""
    answers = cancel_tasks(connection, list(tasks), actor)
    return Acted(sum(not answer.came_too_late for answer in answers))


def retry(connection: Connection[Any], tasks: Mapping[UUID, int], actor: str) -> Acted:
    """Start these tasks again, but for those whose unique key another live task has, and those of
    customers that are being erased."""
    refused = refused_by_erasures(connection, tasks)
    started = start_generation(connection, tasks.keys() - refused.keys(), actor, after=tasks)
    return Acted(len(started), len(refused))


_ACTIONS: dict[Act, Action] = {cancel: Action.TASKS_CANCELLED, retry: Action.TASKS_RETRIED}
_CALLERS_WORDS = frozenset({"user_id", "tag"})


@dataclass(frozen=True, slots=True)
class BulkAction:
    """An action `act` on all tasks of `chosen` that were accepted before the task `id`."""

    id: UUID
    chosen: TaskFilter
    act: Act

    def begin(self, connection: Connection[Any]) -> None:
        """Count the tasks, unless that was done before."""
        if progress_of(connection, self.id) is None:
            count = count_tasks(connection, self.chosen, seconds=_COUNTING, below=self.id)
            total = count.count if count.is_complete else None
            with connection.transaction():
                if begin(connection, self.id, self.chosen.bounds[0], total):
                    self._change(connection).record(connection)

    def step(self, connection: Connection[Any]) -> tuple[Progress, int]:
        """Take the next tasks, in a transaction; returns where it stands, and how many it changed.

        A task counts as it is under its lock. Nothing is done once the action is finished.
        """
        with connection.transaction():
            known = lock(connection, self.id)
            if known.is_finished:
                return known, 0
            window = self._next(connection, known.position)
            tasks = self._locked(connection, window.ids)
            acted = self.act(connection, tasks, f"task:{self.id}") if tasks else Acted(0)
            move(connection, self.id, window.end, acted)
            return lock(connection, self.id), acted.changed

    def _change(self, connection: Connection[Any]) -> Change:
        """What the audit tells of the whole of it; a queue that is emptied is its own case."""
        given = self.chosen.model_dump(mode="json", exclude_none=True, exclude={"state"})
        action, target = _ACTIONS[self.act], f"task:{self.id}"
        if action is Action.TASKS_CANCELLED and set(given) == {"queue"}:
            action, target = Action.QUEUE_PURGED, given["queue"]
        who = responsible(connection, f"task:{self.id}")
        # Whatever callers wrote themselves is only named.
        told = {name: "…" if name in _CALLERS_WORDS else value for name, value in given.items()}
        details = {"task": str(self.id), "filter": told, "state": sorted(self.chosen.states)}
        return Change(who, action, target, self.chosen.customer_id, details)

    def _next(self, connection: Connection[Any], position: UUID) -> Window:
        query = choosing(self.chosen, spare_ours=True)
        values = window_values(self.chosen, position, self.id, limit=_STEP, window=_WINDOW)
        ids, last, looked_at = connection.execute(query, values).fetchall()[0]
        return Window.of(ids, last, looked_at, values)

    def _locked(self, connection: Connection[Any], ids: list[UUID]) -> dict[UUID, int]:
        if not ids:
            return {}
        query = _LOCK.format(conditions=" AND ".join(self.chosen.conditions(spare_ours=True)))
        values = {**self.chosen.values, "ids": ids, "low": ids[0], "high": ids[-1]}
        return dict(connection.execute(query, values).fetchall())


def run_bulk_action(
    chosen: TaskFilter, act: Act, context: JobContext, database_url: str
) -> Progress:
    """Run the action of this task to its end; after a crash, from where it stood.

    Raises Unavailable while the database is away, and RejectedInput for an empty filter.
    """
    if chosen.is_empty:
        raise RejectedInput("name at least one condition: it would mean all", field="filter")
    action = BulkAction(context.task_id, chosen, act)
    with closing(DatabaseSession(database_url, name="warren-housekeeper-job")) as session:
        try:
            return _run(action, session.connection(), context)
        except psycopg.OperationalError as error:
            raise Unavailable(f"the database does not answer: {error}") from error


def _run(action: BulkAction, connection: Connection[Any], context: JobContext) -> Progress:
    context.check_cancelled()
    action.begin(connection)
    while True:
        context.check_cancelled()
        progress, changed = action.step(connection)
        if progress.is_finished:
            return progress
        context.progress(progress.percent, f"{progress.changed} tasks so far")
        if changed:
            Event().wait(_PAUSE)
