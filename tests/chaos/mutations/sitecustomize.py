"""Breaks one promise on purpose in every process of a stack whose CHAOS_MUTATION names it.

Python imports this module at its start when this folder is on the path; only the harness puts it
there, to show that its checks notice what they are for. It also limits the artifact store where
CHAOS_STORE_LIMIT says to how many bytes.
"""

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

_EVERY = 10


def ack_before_the_record() -> None:
    """The recorder acks statuses first: what it holds when it dies is lost."""
    import threading

    from gateway.recording.loop import Recorder

    record = Recorder._record

    def acked_first(self: Recorder, taken: list[Any]) -> None:
        self._deliveries.ack_many(taken)
        threading.Event().wait(0.3)
        record(self, taken)

    Recorder._record = acked_first  # type: ignore[method-assign]


def ack_before_the_outcome() -> None:
    """The worker acks a job before it runs it: what runs when it dies is lost."""
    from warren.messaging.job_worker import JobWorker
    from warren.worker.runner import JobRunner

    workers: list[JobWorker] = []
    start, perform = JobWorker.start, JobRunner.perform

    def remembered(self: JobWorker) -> None:
        workers.append(self)
        start(self)

    def acked_first(self: JobRunner, message: Any) -> Any:
        queue = message.delivery.queue
        (its,) = (worker for worker in workers if queue in worker._order.of_turn(1))
        its._consumer.ack(message.delivery)
        return perform(self, message)

    JobWorker.start = remembered  # type: ignore[method-assign]
    JobRunner.perform = acked_first  # type: ignore[method-assign]


def delete_before_the_confirm() -> None:
    """The relay takes a message for published before it is sent, and forgets some."""
    from gateway.relaying.publishing import Published

    relay_round: Any = import_module("gateway.relaying.round")
    publish, counter = relay_round.publish_rows, _every()

    def forgetful(publisher: Any, bodies: Any, timeout: float) -> Published:
        publish(publisher, [body for body in bodies if not counter()], timeout)
        return Published(confirmed=[row for row, _ in bodies])

    relay_round.publish_rows = forgetful


def answer_before_the_commit() -> None:
    """The gateway says yes before the database does."""
    import asyncio
    from datetime import UTC, datetime

    from gateway.tasks.acceptance import Acceptance, AcceptanceWriter, NewTask

    accept = AcceptanceWriter.accept
    writing: set[asyncio.Task[Acceptance]] = set()

    async def too_soon(self: AcceptanceWriter, task: NewTask) -> Acceptance:
        writing.add(asyncio.create_task(accept(self, task)))
        return Acceptance(task.id, "pending", datetime.now(UTC))

    AcceptanceWriter.accept = too_soon  # type: ignore[method-assign]


def end_more_than_once() -> None:
    """The recorder lets any outcome through, also after the end."""
    from warren.contracts import state_machine

    state_machine._Folding._admits = lambda self, status: True  # type: ignore[method-assign]


def run_twice() -> None:
    """The worker runs every tenth job twice."""
    from warren.worker.execution import Execution

    execution: Any = Execution
    execute, counter = execution.execute, _every()

    def twice(self: Any, run: Any, *more: Any, **options: Any) -> Any:
        if run.kind == "chaos.quick" and counter():
            execute(self, run, *more, **options)
        return execute(self, run, *more, **options)

    execution.execute = twice


def forget_files() -> None:
    """The store takes a file and does not keep it."""
    from warren.artifacts.store import ArtifactStore

    put, counter = ArtifactStore.put, _every(2)

    def forgetful(self: ArtifactStore, data: Any, **options: Any) -> Any:
        stored = put(self, data, **options)
        if counter():
            self.delete(stored.sha256)
        return stored

    ArtifactStore.put = forgetful  # type: ignore[method-assign]


def count_no_attempts() -> None:
    """The recorder issues a retry as the attempt that it was."""
    from warren.contracts.state_machine import _Folding

    reissue = _Folding._reissue

    def same_attempt(self: Any, status: Any, attempt: int, delay: float) -> None:
        reissue(self, status, status.attempt, delay)

    _Folding._reissue = same_attempt  # type: ignore[method-assign]


def report_before_it_ran() -> None:
    """The worker reports success without having done a thing."""
    from warren.worker.execution import Execution
    from warren.worker.verdict import Success

    execution: Any = Execution
    execute, counter = execution.execute, _every()

    def lazy(self: Any, run: Any, *more: Any, **options: Any) -> Any:
        if run.kind == "chaos.quick" and counter():
            return Success({"attempt": run.attempt})
        return execute(self, run, *more, **options)

    execution.execute = lazy


def ignore_limits() -> None:
    """The relay publishes whatever is due, whatever its limits say."""
    from gateway.limits.admission import Admission

    Admission.limits = lambda self, key: []  # type: ignore[method-assign]


def cancel_without_confirmation() -> None:
    """The gateway calls a task cancelled that a worker has, and tells no worker."""
    from gateway.tasks import cancellation

    cancellation._may_be_running = lambda row: False
    cancellation._order = lambda *arguments: None


def ignore_orders() -> None:
    """The worker reads orders to cancel, and goes on."""
    from warren.worker.cancellations import Cancellations

    on_message = Cancellations._on_message

    def deaf(self: Cancellations, body: bytes) -> None:
        if b"task.cancel" not in body:
            on_message(self, body)

    Cancellations._on_message = deaf  # type: ignore[method-assign]


def keep_the_retry_row() -> None:
    """The recorder leaves a row to be published behind a success, and the relay publishes it."""
    from gateway.relaying.due_row import DueRow
    from warren.contracts.state_machine import OutboxRow, _Folding

    succeed, counter = _Folding._succeed, _every()

    def kept(self: Any, status: Any) -> None:
        succeed(self, status)
        if counter():
            row = OutboxRow(status.generation, status.dispatch + 1, status.attempt, 0.0)
            self._row.outbox = (row,)

    _Folding._succeed = kept  # type: ignore[method-assign]
    DueRow.is_outdated = property(lambda self: False)  # type: ignore[assignment, method-assign]


def forget_effects() -> None:
    """The worker writes to the outside and does not record it."""
    from warren.worker.effects import Effect

    Effect._record = lambda self, receipt: receipt  # type: ignore[method-assign]


def forget_letters() -> None:
    """The recorder writes no dead letters of what failed."""
    projections: Any = import_module("gateway.dead_letters.projections")
    projections.insert_letters = lambda connection, letters: None


def suspect_nobody() -> None:
    """The worker runs what has killed it twice like everything else."""
    from warren.worker import runner

    runner.SUSPECT_AFTER = 1_000_000


def forget_keys() -> None:
    """The gateway takes no notice of Idempotency-Key."""
    from gateway.idempotency import route

    route.HEADER = "x-nobody-sends-this"


def low_before_urgent() -> None:
    """The worker serves its lanes in the wrong order, and keeps no slot free of low ones."""
    from warren.messaging.lane_order import LaneOrder
    from warren.messaging.occupancy import Occupancy

    of_turn = LaneOrder.of_turn
    Occupancy.left_to_low = Occupancy.free  # type: ignore[method-assign]
    LaneOrder.of_turn = lambda self, turn: [*reversed(of_turn(self, turn))]  # type: ignore[method-assign]


def start_late() -> None:
    """The gateway forgets times to start by."""
    _forget_columns("expires_at")


def publish_too_early() -> None:
    """The gateway forgets delays."""
    _forget_columns("run_at", "delay_seconds")


def _forget_columns(*names: str) -> None:
    from gateway.tasks.acceptance import AcceptanceWriter

    accept = AcceptanceWriter.accept

    async def forgetful(self: AcceptanceWriter, task: Any) -> Any:
        task.columns.update(dict.fromkeys(names))
        return await accept(self, task)

    AcceptanceWriter.accept = forgetful  # type: ignore[method-assign]


def _every(step: int = _EVERY) -> Callable[[], bool]:
    count = 0

    def is_one() -> bool:
        nonlocal count
        count += 1
        return count % step == 0

    return is_one


def _nothing() -> None:
    """Without a name nothing is broken."""


MUTATIONS: dict[str, tuple[str, Callable[[], None]]] = {
    "ack-before-record": ("recorder", ack_before_the_record),
    "ack-before-outcome": ("chaos-worker", ack_before_the_outcome),
    "delete-before-confirm": ("relay", delete_before_the_confirm),
    "answer-before-commit": ("gateway", answer_before_the_commit),
    "end-more-than-once": ("recorder", end_more_than_once),
    "run-twice": ("chaos-worker", run_twice),
    "forget-files": ("chaos-worker", forget_files),
    "count-no-attempts": ("recorder", count_no_attempts),
    "report-before-it-ran": ("chaos-worker", report_before_it_ran),
    "ignore-limits": ("relay", ignore_limits),
    "cancel-without-confirmation": ("gateway", cancel_without_confirmation),
    "ignore-orders": ("chaos-worker", ignore_orders),
    "keep-retry-row": ("re", keep_the_retry_row),
    "forget-effects": ("chaos-worker", forget_effects),
    "forget-letters": ("recorder", forget_letters),
    "suspect-nobody": ("chaos-worker", suspect_nobody),
    "forget-keys": ("gateway", forget_keys),
    "low-before-urgent": ("chaos-worker", low_before_urgent),
    "start-late": ("gateway", start_late),
    "publish-too-early": ("gateway", publish_too_early),
    # Python finds it beside this module.
    **import_module("family_mutations").MUTATIONS,
    **import_module("service_mutations").MUTATIONS,
    **import_module("domain_mutations").MUTATIONS,
    **import_module("schedule_mutations").MUTATIONS,
    **import_module("cleaning_mutations").MUTATIONS,
}


def _mutate() -> None:
    process, mutation = MUTATIONS.get(os.environ.get("CHAOS_MUTATION", ""), ("nobody", _nothing))
    if os.environ.get("CHAOS_PROCESS", "").startswith(process):
        mutation()
    if limit := os.environ.get("CHAOS_STORE_LIMIT"):
        import_module("limited_store").limit_stores(int(limit))


_mutate()
