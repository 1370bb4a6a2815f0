"""The whole system in one process: no broker, no database, no waiting."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid4

import orjson

from warren.client.clock import going_by
from warren.client.gateway_client import GatewayClient, standing_in
from warren.client.handle import TaskHandle
from warren.client.http_entrance import HttpEntrance
from warren.client.new_task import NewTask, options_of
from warren.contracts.artifact import ArtifactRef
from warren.contracts.events import CloudEvent, Event
from warren.contracts.ids import new_id
from warren.contracts.job import Job
from warren.contracts.states import TaskState
from warren.testing.memory.acceptance import Acceptance, Asker
from warren.testing.memory.clock import MemoryClock
from warren.testing.memory.gateway import SYSTEM_KEY, MemoryGateway
from warren.testing.memory.intake import Intake
from warren.testing.memory.interventions import Interventions
from warren.testing.memory.issuing import Events
from warren.testing.memory.kinds import Kinds
from warren.testing.memory.payloads import Payloads
from warren.testing.memory.rates import Rates
from warren.testing.memory.recording import Recorder
from warren.testing.memory.relaying import Relay
from warren.testing.memory.scheduling import Schedule, Schedules
from warren.testing.memory.submissions import Submissions
from warren.testing.memory.tasks import Tasks
from warren.testing.memory.view import MemoryTask
from warren.testing.memory.working import MemoryWorker
from warren.testing.worker import MemoryStore
from warren.worker.base import Worker
from warren.worker.discovery import AnyWorker

_ACTOR = "key:in-memory"
#: What names a kind: itself, its job model, or its Worker class.
KindName = str | type[Job] | AnyWorker


class InMemoryWarren:
    """Runs the jobs of services and Worker classes by the product's own rules, when told to.

    ```python
    with InMemoryWarren("example_worker") as warren:
        handle = DataProcessingWorker.perform_async(user_id=7, processing_options={})
        warren.run_until_idle()
        assert warren.task(handle).state == "succeeded"
    ```

    Within the block `perform_async` and its kin, `enqueue` and handles reach this system instead of
    a gateway. Its clock stands still: `run_until_idle` does what is due now, `advance` lets time
    pass. `start` is the time at which it begins, now if not given. Raises ConfigurationError for a
    service that could not start.
    """

    def __init__(
        self,
        *jobs: str | AnyWorker,
        start: datetime | None = None,
        plan: str = "standard",
        store: MemoryStore | None = None,
    ) -> None:
        self.clock = MemoryClock(start or datetime.now(UTC), self.advance)
        self.store = store or MemoryStore()
        self.customer_id = new_id()
        kinds, self.stored = Kinds(jobs), Tasks(self.clock)
        acceptance = Acceptance(self.stored, self.clock)
        intake = Intake(kinds, self.stored, acceptance, self.clock, plan)
        self._batches = intake.batches
        self._events = Events(kinds, self.stored, intake, self.clock, plan)
        projections = [
            self._batches.count,
            self._batches.joins.follow,
            self._events.project,
        ]
        recorder = Recorder(self.stored, self.clock, projections)
        worker = MemoryWorker(kinds, recorder, self.store, intake.send, self.clock)
        self._schedules = Schedules(kinds, acceptance, self.clock)
        self._relay = Relay(
            self.stored, recorder, self._schedules, Rates(kinds, self.clock), worker, self.clock
        )
        self._payloads = Payloads(self.store, self.stored)
        submissions = Submissions(
            kinds, self._payloads, acceptance, self._batches, self.clock,
            Asker(self.customer_id, _ACTOR, plan),
        )  # fmt: skip
        interventions = Interventions(
            self.stored, self._batches, recorder, worker, self.clock, _ACTOR
        )
        recorder.follow(interventions.leave)
        gateway = MemoryGateway(
            submissions,
            interventions,
            self.clock.now,
            lambda by, enough: self._relay.run_until(self.clock.now() + by, enough),
        )
        self.client = GatewayClient("http://in-memory", "customer", transport=gateway)
        self._system = GatewayClient("http://in-memory", SYSTEM_KEY, transport=gateway)
        self._surroundings = ExitStack()

    def __enter__(self) -> Self:
        self._surroundings.enter_context(going_by(self.clock))
        self._surroundings.enter_context(standing_in(self.client))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._surroundings.close()
        self.client.close()
        self._system.close()

    # --- asking --------------------------------------------------------------------------------

    def submit(
        self,
        job: Job | str,
        payload: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        **options: Any,
    ) -> MemoryTask:
        """Ask for a task, by its job or by kind and payload as JSON has them; also internal kinds.

        `options` are those of warren.contracts.submission.TaskOptions. Raises InvalidJob,
        PayloadTooLarge or RefusedByGateway, which name the field.
        """
        if isinstance(job, Job):
            new = NewTask(job, options_of(options), key)
            return self.task(HttpEntrance(self._system).enqueue([new])[0])
        said = options_of(options).model_dump(mode="json", exclude_none=True)
        body = orjson.dumps({"kind": job, "payload": dict(payload or {}), **said})
        answer = self._system.post("/api/v1/tasks", body, idempotency_key=key or str(uuid4()))
        return self.task(answer["task_id"])

    def upload(self, name: str, content: bytes, media_type: str = "text/plain") -> ArtifactRef:
        """A caller's file, for payloads: give it, or its id, to an `ArtifactRef` field."""
        return self._payloads.upload(name, content, media_type)

    def emit(self, event: Event, *, source: str = "test") -> CloudEvent:
        """State a fact as a task of the service `source` would; subscribers get their tasks."""
        now = self.clock.now()
        return self._events.issue(event.wire(), new_id(), 1, self.customer_id, source, now)

    def cancel(self, task: "UUID | str | TaskHandle | MemoryTask") -> MemoryTask:
        """Ask for its end; raises RefusedByGateway if it has ended in another way."""
        return self._order(task, "cancel")

    def retry(self, task: "UUID | str | TaskHandle | MemoryTask") -> MemoryTask:
        """Start its next generation; raises RefusedByGateway if it did not fail."""
        return self._order(task, "retry")

    def schedule(self, kind: KindName) -> Schedule:
        """The schedule of a kind; raises LookupError if it has none."""
        name = _name_of(kind)
        try:
            return self._schedules.of_kind[name]
        except KeyError:
            raise LookupError(f"{name} has no cron_schedule") from None

    def run_schedule_now(self, kind: KindName) -> MemoryTask:
        """A task of the schedule of a kind, whatever the time is."""
        return MemoryTask(self, self._schedules.run_now(self.schedule(kind)))

    # --- working -------------------------------------------------------------------------------

    def run_until_idle(self) -> int:
        """Do all that is due now, and what follows from it; returns how many jobs ran.

        Raises NeverIdle if that has no end.
        """
        return self._relay.run_due()

    def advance(
        self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> int:
        """Let time pass while everything works: each job runs when it is due.

        Returns how many jobs ran. For time in which nothing works: `clock.advance`.
        """
        by = timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
        return self._relay.run_until(self.clock.now() + by)

    def finish(self) -> int:
        """Let time pass until every task has ended; returns how many jobs ran.

        Schedules go on meanwhile, and end nothing. Raises NeverIdle if there is no end.
        """
        return self._relay.run_to_the_end()

    def redeliver(self, task: "UUID | str | TaskHandle | MemoryTask") -> MemoryTask:
        """Have the job of a task run once more, as the broker does after the death of a worker.

        Whatever that run reports, a task that has ended stays as it is: so a test sees what the job
        does to the outside when it runs twice. Raises LookupError for one that never ran.
        """
        found = self.task(task)
        self._relay.run_again(found.id)
        return found

    # --- looking -------------------------------------------------------------------------------

    def task(self, which: "UUID | str | TaskHandle | MemoryTask") -> MemoryTask:
        """A task by its id or handle; raises LookupError."""
        task_id = _id_of(which)
        found = self.stored.get(task_id)
        if found is None:
            raise LookupError(f"there is no task {task_id}")
        return MemoryTask(self, found)

    def tasks(
        self, kind: KindName | None = None, *, state: TaskState | str | None = None
    ) -> list[MemoryTask]:
        """All tasks, or those of a kind or in a state, in the order in which they came to be."""
        tasks = [MemoryTask(self, task) for task in self.stored]
        name = None if kind is None else _name_of(kind)
        return [task for task in tasks if name in {None, task.kind} and state in {None, task.state}]

    @property
    def dead_letters(self) -> list[MemoryTask]:
        """Tasks that failed, not by their caller's fault, and whose kind keeps letters of that."""
        return [task for task in self.tasks() if task.is_dead_letter]

    @property
    def events(self) -> list[CloudEvent]:
        """Every event so far, as the exchange `warren.events` would carry it."""
        return list(self._events.issued)

    def events_of(self, event: str | type[Event]) -> list[CloudEvent]:
        """Those of one type."""
        wanted = event if isinstance(event, str) else event.type
        return [issued for issued in self.events if issued.type == wanted]

    def watch(self, look: Callable[[MemoryTask], None]) -> None:
        """Have `look` called with each task after all that is recorded of it, also while it runs.

        So a test can cancel a task in the middle: at a certain `progress`, say.
        """
        self.stored.watchers.append(lambda task: look(MemoryTask(self, task)))

    def members_of(self, batch: "UUID | str | TaskHandle | MemoryTask") -> list[MemoryTask]:
        """The members of a batch in their order."""
        return [MemoryTask(self, task) for task in self._batches.members(_id_of(batch))]

    def _order(self, task: "UUID | str | TaskHandle | MemoryTask", what: str) -> MemoryTask:
        path = f"/api/v1/tasks/{_id_of(task)}/{what}"
        self.client.post(path, b"", idempotency_key=str(uuid4()))
        return self.task(task)


def _id_of(which: "UUID | str | TaskHandle | MemoryTask") -> UUID:
    if isinstance(which, UUID | str):
        return UUID(str(which))
    return which.id


def _name_of(kind: KindName) -> str:
    if isinstance(kind, str):
        return kind
    if issubclass(kind, Worker):
        return str(kind.job_model.kind)
    return kind.kind
