"""A task as a test looks at it."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol
from uuid import UUID

from warren.client.clock import Clock
from warren.client.handle import TaskHandle
from warren.contracts.artifact import ArtifactRef
from warren.contracts.endings import leaves_letter
from warren.contracts.states import TaskState, WaitingFor
from warren.testing.memory.stored_task import HistoryEntry, StoredTask
from warren.testing.worker import MemoryStore


class Surroundings(Protocol):
    """What a task asks of its system."""

    @property
    def clock(self) -> Clock: ...
    @property
    def store(self) -> MemoryStore: ...
    @property
    def stored(self) -> Iterable[StoredTask]: ...
    def task(self, which: UUID) -> "MemoryTask": ...
    def members_of(self, batch: UUID) -> list["MemoryTask"]: ...
    def cancel(self, task: UUID) -> "MemoryTask": ...
    def retry(self, task: UUID) -> "MemoryTask": ...


class MemoryTask:
    """Always as it is now."""

    def __init__(self, system: Surroundings, task: StoredTask) -> None:
        self._system = system
        self._task = task

    def __repr__(self) -> str:
        what = f"{self.kind} {self.state.value}, attempt {self.attempt}"
        why = f": {self.error['type']}: {self.error['message']}" if self.error else ""
        return f"<{what}{why}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MemoryTask) and other._task is self._task

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def id(self) -> UUID:
        """Of the task."""
        return self._task.row.id

    @property
    def handle(self) -> TaskHandle:
        """What `perform_async` has returned."""
        return TaskHandle(self.id)

    @property
    def kind(self) -> str:
        """Of its job, or `api.batch`."""
        return self._task.row.kind

    @property
    def payload(self) -> dict[str, Any]:
        """As the message to the worker carries it."""
        return self._task.payload

    @property
    def state(self) -> TaskState:
        """Where it stands."""
        return self._task.state_at(self._system.clock.now())

    @property
    def waiting_for(self) -> WaitingFor | None:
        """Why nobody works on it."""
        return self._task.waiting_for_at(self._system.clock.now())

    @property
    def result(self) -> Any:
        """As JSON; None before there is one."""
        return self._task.row.result

    @property
    def error(self) -> dict[str, Any] | None:
        """Of the last attempt: `type`, `message`, perhaps `field`, `source` and `traceback`."""
        return self._task.row.error

    @property
    def is_dead_letter(self) -> bool:
        """Whether it failed, not by its caller's fault, and its kind keeps letters of that."""
        row = self._task.row
        if row.state is TaskState.FAILED and (row.error or {}).get("source") == "unknown_kind":
            return True
        return leaves_letter(row, kept=self._task.dead_letter)

    @property
    def attempt(self) -> int:
        """From 1 within a generation."""
        return self._task.row.attempt

    @property
    def generation(self) -> int:
        """From 1; an explicit retry starts the next."""
        return self._task.row.generation

    @property
    def progress(self) -> int:
        """0 to 100."""
        return self._task.row.progress

    @property
    def message(self) -> str | None:
        """What it last said about its progress."""
        return self._task.row.message

    @property
    def next_run_in(self) -> float | None:
        """Seconds until it is due, 0 if it is; None if nothing is to be done."""
        if not self._task.row.outbox:
            return None
        return max(0.0, (self._task.available_at - self._system.clock.now()).total_seconds())

    @property
    def history(self) -> list[HistoryEntry]:
        """All that happened to it."""
        return list(self._task.history)

    @property
    def steps(self) -> list[str]:
        """The same in words: `["processing", "retrying", "processing", "succeeded"]`."""
        return [entry.type.removeprefix("task.") for entry in self._task.history]

    @property
    def metadata(self) -> dict[str, Any] | None:
        """What was said about it; of a subscriber's task which event it is."""
        return self._task.metadata

    @property
    def parent(self) -> "MemoryTask | None":
        """The task that asked for it, or stated its event."""
        parent = self._task.parent_id
        return None if parent is None else self._system.task(parent)

    @property
    def children(self) -> list["MemoryTask"]:
        """The tasks that its job asked for, batches and subscribers' tasks included."""
        return self._where(lambda task: task.parent_id == self.id)

    @property
    def members(self) -> list["MemoryTask"]:
        """Of a batch, in their order."""
        return self._system.members_of(self.id)

    @property
    def artifacts(self) -> list[ArtifactRef]:
        """Its files."""
        return list(self._task.artifacts.values())

    @property
    def parts(self) -> list[ArtifactRef]:
        """The pieces of its result that it announced."""
        return list(self._task.parts)

    def saved(self, name: str) -> bytes:
        """The content of its file of this name; raises KeyError."""
        found = {artifact.name: artifact for artifact in self.artifacts}
        return self._system.store.read(found[name].sha256)

    def cancel(self) -> None:
        """Ask for its end; raises RefusedByGateway if it has ended in another way."""
        self._system.cancel(self.id)

    def retry(self) -> None:
        """Start its next generation; raises RefusedByGateway if it did not fail."""
        self._system.retry(self.id)

    def _where(self, wanted: Callable[[StoredTask], bool]) -> list["MemoryTask"]:
        return [MemoryTask(self._system, task) for task in self._system.stored if wanted(task)]
