"""What is known about a run, from four witnesses: clients, database, broker and the jobs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeVar


@dataclass(frozen=True, slots=True)
class Request:
    """One try of a client; `unknown` when its answer was lost or was an error of the server."""

    id: str
    kind: str
    payload: dict[str, Any]
    delay: float | None
    sent_at: float
    end: Literal["accepted", "refused", "unknown"]
    task: str | None = None
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A row of `tasks`; times in seconds since 1970."""

    id: str
    kind: str
    state: str
    generation: int
    dispatch: int
    attempt: int
    max_attempts: int
    request: str | None
    result: Any
    error: dict[str, Any] | None
    created_at: float
    due_at: float | None
    finished_at: float | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of `task_history`."""

    task: str
    generation: int
    dispatch: int
    type: str
    attempt: int
    run: str | None
    at: float
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Execution:
    """One run of a job as the job itself saw it; `end` is None when it was killed."""

    task: str
    generation: int
    dispatch: int
    attempt: int
    run: str
    process: str
    pid: int
    began: float
    wall: float
    ended: float | None = None
    end: str | None = None

    @property
    def message(self) -> str:
        """The id of the message that caused it."""
        return f"{self.task}.{self.generation}.{self.dispatch}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What was done to the system; monotonic seconds."""

    kind: str
    target: str
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class Artifact:
    """A row of `artifacts`."""

    id: str
    task: str | None
    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Live:
    """A row of `outbox` or `in_flight`."""

    table: str
    task: str
    generation: int
    dispatch: int


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row of `quarantined_status`."""

    id: int
    error: str
    body: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the artifact store: what it is called, and what its content hashes to."""

    name: str
    sha256: str
    size: int


T = TypeVar("T", Entry, Execution, Artifact, Request)


@dataclass(frozen=True)
class Evidence:
    """Everything that the checks read."""

    requests: Sequence[Request] = ()
    tasks: Mapping[str, Task] = field(default_factory=dict)
    history: Sequence[Entry] = ()
    executions: Sequence[Execution] = ()
    artifacts: Sequence[Artifact] = ()
    live: Sequence[Live] = ()
    quarantined: Sequence[Quarantined] = ()
    files: Sequence[StoredFile] = ()
    manifests: Sequence[str] = ()
    queues: Mapping[str, int] = field(default_factory=dict)
    faults: Sequence[Fault] = ()
    #: Process ids of slots that the harness killed.
    killed_slots: frozenset[int] = frozenset()
    #: Ids of job messages that the harness published again, with the monotonic moment.
    duplicates: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @cached_property
    def history_of(self) -> Mapping[str, list[Entry]]:
        """By task, in the order of dispatches."""
        ordered = sorted(self.history, key=lambda e: (e.generation, e.dispatch, e.at))
        return _by_task(ordered)

    @cached_property
    def executions_of(self) -> Mapping[str, list[Execution]]:
        """By task, in the order in which they began."""
        return _by_task(sorted(self.executions, key=lambda e: e.began))

    @cached_property
    def artifacts_of(self) -> Mapping[str, list[Artifact]]:
        """By task."""
        return _by_task(self.artifacts)

    @cached_property
    def request_of(self) -> Mapping[str, Request]:
        """By the request's id."""
        return {request.id: request for request in self.requests}

    def lines_about(self, task: str) -> list[str]:
        """All that is known about one task, one thing a line."""
        row = self.tasks.get(task)
        wanted = row.request if row else None
        things: list[object] = [
            *(r for r in self.requests if task == r.task or (wanted and r.id == wanted)),
            *([row] if row else []),
            *(item for item in self.live if item.task == task),
            *self.history_of.get(task, []),
            *self.executions_of.get(task, []),
            *self.artifacts_of.get(task, []),
        ]
        return [f"{thing!r:.600}" for thing in things]


def _by_task(items: Iterable[T]) -> Mapping[str, list[T]]:
    found: dict[str, list[T]] = defaultdict(list)
    for item in items:
        if item.task is not None:
            found[item.task].append(item)
    return found
