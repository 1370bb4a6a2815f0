"""Commands into the database: outages are waited out, bad commands set aside."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import structlog
from psycopg import Connection

from gateway.batches.opening import add_members, batch_of, open_batches
from gateway.database_work import DatabaseWork
from gateway.intake.definitions import Definitions
from gateway.intake.judging import Terms, judge
from gateway.intake.parents import Parent, lock_parents, note_dropped
from gateway.intake.reading import Asked, read_commands
from gateway.intake.writing import write_judged
from gateway.recording.bisection import bisect_failures
from gateway.recording.decoding import Rejected, rejection
from gateway.recording.setting_aside import set_aside
from gateway.recording.writing import quarantine
from warren.messaging.topology import INTAKE_QUEUE

#: Commands of one transaction; each may ask for a thousand tasks.
_BATCH = 10


class IntakeStore:
    """Makes tasks of what jobs ask for; when a method returns, all of it is committed.

    Raises gateway.database_work.Stopping when the process is told to stop before that.
    """

    def __init__(self, work: DatabaseWork, terms: Terms) -> None:
        self._work = work
        self._terms = terms
        self._definitions = Definitions()
        self._log = structlog.get_logger("warren.recorder")

    def record(self, bodies: Iterable[bytes]) -> None:
        """Accept the tasks that these messages ask for; those of cancelled tasks are dropped.

        A child that cannot be accepted becomes a task that has failed, which says why. A message
        that nobody can read, or whose parent nobody knows, is kept in quarantined_status.
        """
        asked, rejected = read_commands(bodies)
        set_aside(self._work, INTAKE_QUEUE, rejected)
        for start in range(0, len(asked), _BATCH):
            bisect_failures(asked[start : start + _BATCH], self._write, self._set_aside)

    def _write(self, asked: Sequence[Asked]) -> None:
        def transaction(connection: Connection[Any]) -> None:
            with connection.transaction():
                self._write_within(connection, asked)

        self._work.run(transaction)

    def _write_within(self, connection: Connection[Any], asked: Sequence[Asked]) -> None:
        parents = lock_parents(connection, (item.command.parent_id for item in asked))
        orphans = [item for item in asked if item.command.parent_id not in parents]
        quarantine(connection, INTAKE_QUEUE, map(_without_parent, orphans))
        wanted = [
            item
            for item in asked
            if item not in orphans and not self._is_dropped(item, parents[item.command.parent_id])
        ]
        dropped = [item for item in asked if item not in orphans and item not in wanted]
        note_dropped(connection, (item.command.parent_id for item in dropped))
        closed = open_batches(connection, [item.command for item in wanted], parents)
        wanted = [item for item in wanted if batch_of(item.command) not in closed]
        kinds = {child.kind for item in wanted for child in item.command.children}
        known = self._definitions.read(connection, kinds) if kinds else {}
        (now,) = connection.execute("SELECT clock_timestamp()").fetchone() or (None,)
        judged = [
            judge(
                item.command,
                child,
                parents[item.command.parent_id],
                known,
                now,  # type: ignore[arg-type]
                self._terms,
            )
            for item in wanted
            for child in item.command.children
        ]
        write_judged(connection, judged, now)  # type: ignore[arg-type]
        add_members(connection, [item.command for item in wanted])

    def _is_dropped(self, item: Asked, parent: Parent) -> bool:
        if parent.is_cancelled:
            self._log.info(
                "tasks that a cancelled task asked for are dropped",
                task=str(parent.id),
                count=len(item.command.children),
            )
        return parent.is_cancelled

    def _set_aside(self, item: Asked, error: Exception) -> None:
        parent: UUID = item.command.parent_id
        rejected = [rejection(item.body, error)]
        set_aside(self._work, INTAKE_QUEUE, rejected, task_id=str(parent))


def _without_parent(item: Asked) -> Rejected:
    return Rejected(item.body, f"there is no task {item.command.parent_id} that could ask for this")
