"""What is known about a run, from four witnesses: clients, database, broker and the jobs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeVar

from tests.chaos.evidence.answered import Answered
from tests.chaos.evidence.domains import DomainEvidence
from tests.chaos.evidence.families import BatchRow, Descent, MemberRow, Spawn
from tests.chaos.evidence.kept import Artifact, Erased, Live, Quarantined, StoredFile, Upload
from tests.chaos.evidence.services import ServiceEvidence

#: Seconds in which a process that was killed may still do something.
_DYING = 0.5


@dataclass(frozen=True, slots=True)
class Request:
    """One try of a client, or all tries with one key.

    `unknown` when its answer was lost or was an error of the server; `unique` when the answer named
    the live task of another request instead.
    """

    id: str
    kind: str
    payload: dict[str, Any]
    delay: float | None
    sent_at: float
    end: Literal["accepted", "refused", "unknown"]
    task: str | None = None
    code: int | None = None
    unique: bool = False
    expires_in: float | None = None
    unique_key: str | None = None
    #: When a client heard of the task, in seconds since 1970.
    told_at: float | None = None
    #: Other tasks that further tries with the same key were answered with: there must be none.
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Demand(Answered):
    """What a client asked for about a task or a letter that existed.

    `asked` and `told` are monotonic; without a code the answer was lost.
    """

    id: int
    action: str
    task: str | None
    letter: str | None
    asked: float
    told: float | None = None
    code: int | None = None
    state: str | None = None
    schedule: str | None = None
    wall: float = 0.0
    #: Of a bulk action: which tasks or letters it means, and the task that it is.
    filter: Mapping[str, Any] | None = None
    made: str | None = None


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
    queue: str
    unique_key: str | None
    payload: Any = None
    parent: str | None = None
    user: str | None = None
    customer: str = ""
    #: Whether a clean-up has left no more than its summary.
    cleaned: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether it is one of the load's jobs, and not a service's or the system's own."""
        own = self.kind.startswith("api.") or self.kind.endswith(".probe")
        return not (own or self.is_of_a_service or self.is_of_a_domain)

    @property
    def is_of_a_service(self) -> bool:
        """Whether a service of this repository does it, for a write of a client or a chore."""
        own = ("catalogue.", "document.", "faq.", "sync.")
        return self.kind.startswith(own) and not self.kind.endswith(".probe")

    @property
    def is_of_a_domain(self) -> bool:
        """Whether a service of this repository does it, and it makes files: see domains.py."""
        own = ("tts.", "nlp.", "book.", "image.")
        return self.kind.startswith(own) and not self.kind.endswith(".probe")

    @property
    def is_a_check(self) -> bool:
        """Whether it asks how things are: the next due time does so again, whatever it found."""
        return self.kind == "api.health_check" or self.kind.endswith(".probe")

    @property
    def leaves_lines(self) -> bool:
        """Whether its runs are in the effect log, as those of the chaos service are."""
        return self.is_ours and self.kind.startswith("chaos.")

    @property
    def schedule(self) -> str | None:
        """The schedule that made it, as its metadata say."""
        return self.request if self.request and self.request.startswith("schedule-") else None


@dataclass(frozen=True, slots=True)
class Fire:
    """A row of `schedule_fires`, with the name of its schedule; `due` in seconds since 1970."""

    schedule: str
    due: float
    task: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A row of `dead_letters`."""

    id: str
    source: str
    task: str | None
    generation: int | None
    dispatch: int | None
    kind: str | None
    sha256: str
    resolution: str | None
    resolved_by: str | None = None
    queue: str = ""
    recorded_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Effect:
    """A write to the sink outside, as the job logged it; `taken` if the sink had it not before."""

    task: str
    step: str
    taken: bool
    generation: int
    dispatch: int
    process: str
    pid: int
    at: float
    wall: float


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
    #: Whether it was in a slot process; one of a kind with threads ran alone then.
    apart: bool = False

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


T = TypeVar("T", Entry, Execution, Artifact, Demand, Letter)


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
    trash: Sequence[StoredFile] = ()
    manifests: Sequence[str] = ()
    #: Tasks whose files had expired before the clean-up.
    expired: frozenset[str] = frozenset()
    uploads: Sequence[Upload] = ()
    erased: Sequence[Erased] = ()
    queues: Mapping[str, int] = field(default_factory=dict)
    faults: Sequence[Fault] = ()
    #: Process ids of slots that the harness killed.
    killed_slots: frozenset[int] = frozenset()
    #: Ids of job messages that the harness published again, with the monotonic moment.
    duplicates: Mapping[str, Sequence[float]] = field(default_factory=dict)
    demands: Sequence[Demand] = ()
    letters: Sequence[Letter] = ()
    fires: Sequence[Fire] = ()
    effects: Sequence[Effect] = ()
    #: By task, the steps that the sink outside has.
    sink: Mapping[str, frozenset[str]] = field(default_factory=dict)
    batches: Mapping[str, BatchRow] = field(default_factory=dict)
    members: Mapping[str, MemberRow] = field(default_factory=dict)
    spawns: Sequence[Spawn] = ()
    #: What tasks may bring about, by its id, and the batches that clients opened.
    descents: Mapping[str, Descent] = field(default_factory=dict)
    opened: Mapping[str, Request] = field(default_factory=dict)
    #: Hashes of messages that nobody can read, published by the harness; whether confirmed.
    garbage: Mapping[str, bool] = field(default_factory=dict)
    services: ServiceEvidence = field(default_factory=ServiceEvidence)
    domains: DomainEvidence = field(default_factory=DomainEvidence)
    #: Seconds that the system needed to come to rest; None if it did not.
    rest: float | None = 0.0

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
    def deaths(self) -> Sequence[Fault]:
        """Worker processes that a poisonous job has killed, as if the harness had done it.

        Its neighbours run on until the process is gone.
        """
        return [
            Fault("poison", run.process, run.began, run.began + _DYING)
            for run in self.executions
            if self.is_poison(run.task) and not run.apart
        ]

    @cached_property
    def demands_of(self) -> Mapping[str, list[Demand]]:
        """By task, in the order in which they were asked for."""
        return _by_task(sorted(self.demands, key=lambda d: d.asked))

    @cached_property
    def letters_of(self) -> Mapping[str, list[Letter]]:
        """By task."""
        return _by_task(self.letters)

    @cached_property
    def request_of(self) -> Mapping[str, Request]:
        """By the request's id."""
        return {request.id: request for request in self.requests}

    @cached_property
    def children_of(self) -> Mapping[str, list[Task]]:
        """By parent: what is recorded as coming from it."""
        found: dict[str, list[Task]] = defaultdict(list)
        for task in self.tasks.values():
            if task.parent is not None:
                found[task.parent].append(task)
        return found

    def is_poison(self, task: str) -> bool:
        """Whether it kills its process whenever it runs."""
        row = self.tasks.get(task)
        return row is not None and row.kind == "chaos.poison"

    def ancestors_of(self, task: Task) -> Iterator[Task]:
        """The task itself, the one that it comes from, and so on to the first."""
        found: Task | None = task
        seen: set[str] = set()
        while found is not None and found.id not in seen:
            seen.add(found.id)
            yield found
            found = self.tasks.get(found.parent or "")

    def wish_of(self, task: Task) -> Request | None:
        """What was asked of a task: by a client, or by another task."""
        descent = self.descents.get(task.id)
        if descent is None:
            return self.request_of.get(task.request or "")
        name = f"{descent.key} of {descent.parent}"
        return Request(
            name, descent.kind, dict(descent.payload), None, task.created_at, "unknown", task.id
        )

    def batch_of(self, task: str) -> str | None:
        """The batch of which a task is a member."""
        row = self.members.get(task)
        return row.batch if row else None

    def demands_about(self, task: str) -> list[Demand]:
        """What was asked for about a task, or about the batch of which it is a member."""
        batch = self.batch_of(task)
        of_batch = self.demands_of.get(batch, []) if batch else []
        return [*self.demands_of.get(task, []), *of_batch]

    def lane_of(self, task: str) -> str:
        """The lane of a task's queue; empty for an unknown task."""
        row = self.tasks.get(task)
        return row.queue.rpartition(".")[2] if row else ""

    def lines_about(self, task: str) -> list[str]:
        """All that is known about one task, one thing a line."""
        row = self.tasks.get(task)
        wanted = row.request if row else None
        things: list[object] = [
            *(r for r in self.requests if task == r.task or (wanted and r.id == wanted)),
            *([row] if row else []),
            *(item for item in self.live if item.task == task),
            *(item for item in [self.descents.get(task), self.members.get(task)] if item),
            *([self.batches[task]] if task in self.batches else []),
            *self.history_of.get(task, []),
            *self.executions_of.get(task, []),
            *self.artifacts_of.get(task, []),
            *self.demands_of.get(task, []),
            *self.letters_of.get(task, []),
            *(effect for effect in self.effects if effect.task == task),
            *(spawn for spawn in self.spawns if spawn.task == task),
        ]
        return [f"{thing!r:.600}" for thing in things]


def _by_task(items: Iterable[T]) -> Mapping[str, list[T]]:
    found: dict[str, list[T]] = defaultdict(list)
    for item in items:
        if item.task is not None:
            found[item.task].append(item)
    return found
