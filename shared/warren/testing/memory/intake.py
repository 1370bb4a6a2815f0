"""Tasks that jobs ask for: commands, read as the recorder reads them from `warren.intake`."""

import orjson

from warren.client.clock import Clock
from warren.contracts.intake import NewChild, SpawnTasks, batch_id, child_id, parse_spawn
from warren.contracts.states import TaskState
from warren.contracts.submission import MAX_PAYLOAD_BYTES, TaskOptions
from warren.testing.memory.acceptance import Acceptance, Asker, LaneNotAllowed, Wanted
from warren.testing.memory.batches import Batches
from warren.testing.memory.kinds import Kinds, KnownKind
from warren.testing.memory.stored_task import StoredTask
from warren.testing.memory.tasks import Tasks
from warren.worker.cancel_signal import CancelSignal

_UNWANTED = frozenset({TaskState.CANCELLED, TaskState.CANCELLING})


class Intake:
    """Makes tasks of what jobs ask for; `plan` is that of every customer."""

    def __init__(
        self, kinds: Kinds, tasks: Tasks, acceptance: Acceptance, clock: Clock, plan: str
    ) -> None:
        self._kinds = kinds
        self._tasks = tasks
        self._acceptance = acceptance
        self._clock = clock
        self._plan = plan
        self.batches = Batches(tasks, clock, self.record)

    def send(self, body: bytes, _cancellation: CancelSignal) -> None:
        """The way out of a job (warren.worker.spawning.Send)."""
        with self._tasks.lock:
            self.record(parse_spawn(body))

    def record(self, command: SpawnTasks) -> None:
        """Accept the tasks; those of a cancelled task are dropped."""
        parent = self._tasks.get(command.parent_id)
        if parent is None or parent.row.state in _UNWANTED:
            return
        asker = Asker(
            parent.row.customer_id,
            actor=f"task:{parent.row.id}",
            plan=self._plan,
            user_id=parent.user_id,
            parent_id=parent.row.id,
        )
        if command.batch is None:
            self._accept_all(command, asker)
            return
        batch = batch_id(command.parent_id, command.batch.key)
        self.batches.open(batch, command.batch.total, command.batch.then, asker)
        if command.batch.awaited and not parent.row.state.is_terminal:
            self.batches.joins.note_awaited(batch, parent.row.id)
        known = self._tasks.get(batch)
        if known is not None and known.row.waiting_for is not None:
            children = self._accept_all(command, asker)
            self.batches.add(batch, command.batch.offset, [task.row.id for task in children])

    def accept_or_end(self, wanted: Wanted, kind: KnownKind) -> StoredTask:
        """The task, or one that has ended at once and says why."""
        if len(orjson.dumps(wanted.payload)) > MAX_PAYLOAD_BYTES:
            what = f"the payload is larger than {MAX_PAYLOAD_BYTES} bytes: give it as an artifact"
            return self._rejected(wanted, "PayloadTooLarge", what)
        try:
            task = self._acceptance.accept(wanted, kind.definition)
        except LaneNotAllowed as error:
            return self._rejected(wanted, "LaneNotAllowed", str(error), "lane")
        if task.row.id == wanted.id:
            return task
        message = (
            f"task {task.row.id} with the same unique key {task.unique_key!r} lives; "
            "nothing new was begun"
        )
        duplicate = {"type": "Duplicate", "message": message}
        return self._acceptance.refuse(wanted, TaskState.CANCELLED, duplicate)

    def _accept_all(self, command: SpawnTasks, asker: Asker) -> list[StoredTask]:
        return [self._accept(command, child, asker) for child in command.children]

    def _accept(self, command: SpawnTasks, child: NewChild, asker: Asker) -> StoredTask:
        wanted = Wanted(
            id=child_id(command.parent_id, child.key),
            kind=child.kind,
            version=child.version,
            payload=child.payload,
            options=TaskOptions.model_validate(child.model_dump(exclude_none=True)),
            asker=asker,
            asked_at=min(command.at, self._clock.now()),
        )
        newest = self._kinds.newest(child.kind)
        if newest is None:
            message = f"no service has announced the kind {child.kind}"
            error = {"type": "UnknownKind", "message": message, "source": "unknown_kind"}
            return self._acceptance.refuse(wanted, TaskState.FAILED, error)
        kind = self._kinds.version(child.kind, child.version)
        if kind is not None and (misfits := kind.schema.travelling_errors(child.payload)):
            first = misfits[0]
            message = f"the payload does not fit {child.kind}: {first.field} {first.message}"
            return self._rejected(wanted, "InvalidPayload", message, first.field)
        return self.accept_or_end(wanted, kind or newest)

    def _rejected(
        self, wanted: Wanted, type_: str, message: str, field: str | None = None
    ) -> StoredTask:
        error = {"type": type_, "message": message, "source": "rejected"}
        if field is not None:
            error["field"] = field
        return self._acceptance.refuse(wanted, TaskState.FAILED, error)
