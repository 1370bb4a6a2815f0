"""One worker process: everything it is made of, started and stopped in the right order."""

import threading
from datetime import datetime
from uuid import UUID

import structlog

from warren.artifacts import open_store
from warren.contracts.kinds import Announcement, Beat
from warren.contracts.orders import StopWorker
from warren.messaging.cancel_stream import CancelStream
from warren.messaging.job_worker import JobWorker
from warren.messaging.occupancy import Capacity
from warren.messaging.prefetch import MAX_PREFETCH
from warren.messaging.publisher import Publisher
from warren.observability.metrics_server import serving_metrics
from warren.observability.process import Identity, ResourceMeter
from warren.providers import process_board
from warren.worker.actors import make_broker
from warren.worker.assignment import Assignment, Ending
from warren.worker.base import is_async
from warren.worker.cancellations import Cancellations
from warren.worker.catalogue import Service
from warren.worker.custody import HeldRun
from warren.worker.departure import LAST_WORDS, Departure
from warren.worker.disposable import DisposableSlots
from warren.worker.downstream import DownstreamWatch
from warren.worker.job_loop import JobLoop
from warren.worker.limit_watch import LimitWatch
from warren.worker.measures import Measures
from warren.worker.outgoing import Outgoing
from warren.worker.probe_line import ProbeLine
from warren.worker.provider_holds import ProviderHolds
from warren.worker.pulse import Pulse
from warren.worker.reporting import StatusMaker
from warren.worker.runner import JobRunner
from warren.worker.scratch import ScratchFolder, sweep_abandoned
from warren.worker.settings import WorkerSettings
from warren.worker.shared import Shared
from warren.worker.slot import warmed_up
from warren.worker.slot_pool import SlotPool
from warren.worker.slot_process import SlotTerms
from warren.worker.spawning import confirmed_by
from warren.worker.status_buffer import StatusBuffer
from warren.worker.stop_request import StopRequest
from warren.worker.wear import Wear, WearLimits, WireName, resident_memory

_POLL = 0.1
#: How long async jobs may take to end once they were cancelled because the process ends.
_LOOP_ENDS = 1.0


class WorkerProcess:
    """Runs the jobs of a service until it is told to stop. Used once."""

    def __init__(self, service: Service, assignment: Assignment, settings: WorkerSettings) -> None:
        self._service = service
        self._assignment = assignment
        self._settings = settings
        self._identity = Identity.of_this_process()
        self._log = structlog.get_logger("warren.worker")
        self._statuses = StatusMaker(self._identity.incarnation)
        self._queues = service.queues(assignment.lanes)
        self._recycle = threading.Event()
        self._wear_limits = WearLimits(settings.max_tasks_per_child, settings.max_memory_mb)
        self._stopping = False
        self._hangs = False
        #: A thread goes on that nobody can end: the interpreter would wait for it at its exit.
        self.left_threads = False
        self._ordered_to_stop = False
        self._meter = ResourceMeter()
        name = assignment.name
        self._publisher = Publisher(
            settings.amqp_url, name=f"{name} (status)", timeout=settings.publish_timeout
        )
        self._outgoing = Outgoing(self._publisher, self._statuses)
        self._buffer = StatusBuffer(self._outgoing.report)
        self._probes = self._make_probes()
        self._downstreams = DownstreamWatch(service.name, service.downstreams())
        self._pulse = Pulse(
            self._outgoing.beat,
            self._announcement(),
            self._beat,
            beat_interval=settings.beat_interval,
        )
        self._scratch = ScratchFolder()
        self._shared = Shared(self._scratch.path)
        self._holds = ProviderHolds(
            process_board(), self._outgoing.order, self._identity.incarnation, self._shared.notice
        )
        self._cancellations = self._make_cancellations()
        self._capacity = self._make_capacity()
        self._slots = self._make_slots()
        self._loop = JobLoop(self._capacity.most) if self._has_async_jobs() else None
        self._alone = self._make_disposable_slots()
        self._measures = Measures(service.name, self._capacity.most, service.numbers)
        self._measures.registry.register(self._downstreams)
        #: What it counts, for a process that serves its metrics itself.
        self.numbers = self._measures.registry
        self._runner = self._make_runner()
        self._measures.watch(self._runner.custody.running, process_board())
        look_also = self._loop.look if self._loop else lambda: None
        self._watch = LimitWatch(self._runner, self._on_given_up, look_also)
        self._jobs = self._make_jobs()

    def run(self, stop: StopRequest) -> Ending:
        """Start, work until `stop` is made, and stop in good order.

        Raises SlotUnavailable if slot processes cannot be started, and ConfigurationError if the
        port for metrics cannot be had.
        """
        host, port = self._settings.worker_metrics_host, self._settings.worker_metrics_port
        with serving_metrics(self._measures.with_process(), host, port):
            return self._run(stop)

    def _run(self, stop: StopRequest) -> Ending:
        try:
            if not self._start(stop):
                return Ending.STOPPED
            while not (stop.made or self._ordered_to_stop):
                if self._recycle.wait(_POLL):
                    break
            self._stopping = True
            if self._slots is not None:
                self._slots.stop_renewing()
            if self._ordered_to_stop:
                stop.make()
            return self._depart(stop)
        finally:
            self._close()

    def _start(self, stop: StopRequest) -> bool:
        """Get ready to work; False if told to stop meanwhile."""
        sweep_abandoned()
        self._publisher.start()
        self._buffer.start()
        if self._loop is not None:
            self._loop.start()
        self._holds.start()
        self._cancellations.start()
        if self._slots is not None and not self._slots.start(lambda: stop.made):
            return False
        self._downstreams.start()
        self._pulse.start()
        if not self._pulse.wait_until_announced(self._settings.publish_timeout):
            self._log.warning(
                "the broker has not confirmed the announcement; jobs are taken as soon as it is up"
            )
        if not self._cancellations.wait_until_replayed(lambda: stop.made):
            return False
        self._watch.start()
        self._probes.start()
        self._jobs.start()
        self._log.info("ready", queues=self._queues, concurrency=self._assignment.concurrency)
        return True

    def _depart(self, stop: StopRequest) -> Ending:
        settings = self._settings
        departure = Departure(
            self._jobs, self._runner, self._alone, self._slots, settings.grace_seconds
        )
        if stop.made:
            return departure.within_grace(stop)
        longest = max(worker.time_limit for worker in self._service.workers.values())
        return departure.for_recycling(stop, longest, settings.publish_timeout, lambda: self._hangs)

    def _close(self) -> None:
        self._probes.stop()
        self._watch.stop()
        if self._loop is not None and not self._loop.close(_LOOP_ENDS):
            self.left_threads = True
        self._cancellations.close(LAST_WORDS)
        self._holds.stop()
        self._pulse.stop()
        self._downstreams.stop()
        self._buffer.close(LAST_WORDS)
        self._publisher.close(LAST_WORDS)
        self._alone.close()
        if self._slots is not None:
            self._slots.close(LAST_WORDS)
        self._scratch.remove()
        self._log.info("stopped")

    def _make_cancellations(self) -> Cancellations:
        amqp_url, name = self._settings.amqp_url, f"{self._assignment.name} (cancels)"
        return Cancellations(
            lambda receive: CancelStream(
                amqp_url, receive, name=name, listener=self._shared.contact
            ),
            self._outgoing.order,
            self._on_cancel,
            self._on_stop_order,
            self._holds.on_order,
            self._holds.on_release,
        )

    def _make_slots(self) -> SlotPool | None:
        kinds = self._isolated("process")
        if not kinds:
            return None
        return SlotPool(
            self._service.package,
            self._assignment.concurrency,
            SlotTerms(kinds, self._wear_limits),
            spare=self._capacity.spare_threads,
            start_timeout=self._settings.slot_start_timeout,
            shared=self._shared.folder,
            intake=self._outgoing.ask,
        )

    def _isolated(self, isolation: str) -> dict[WireName, WearLimits]:
        workers = self._service.workers
        return {name: WearLimits.of(w) for name, w in workers.items() if w.isolation == isolation}

    def _has_async_jobs(self) -> bool:
        return any(is_async(w) and w.isolation == "thread" for w in self._service.workers.values())

    def _make_capacity(self) -> Capacity:
        threads = self._assignment.concurrency
        most = max(threads, self._settings.async_jobs) if self._has_async_jobs() else threads
        return Capacity(threads, most, self._settings.reserved_slots).serving(self._queues)

    def _make_jobs(self) -> JobWorker:
        return JobWorker(
            make_broker(self._service, self._runner),
            self._settings.amqp_url,
            self._queues,
            capacity=self._capacity,
            name=self._assignment.name,
            republish=self._outgoing.republish,
            announce=self._outgoing.announce_return,
            renewal=self._slots.renewal if self._slots is not None else lambda: None,
            low_ages_after=self._settings.low_ages_after,
            most_ahead=self._most_ahead(),
        )

    def _most_ahead(self) -> int:
        limits = [self._wear_limits, *self._isolated("thread").values()]
        # What a process will not run itself would only be handed back.
        return min([MAX_PREFETCH, *(each.max_tasks for each in limits if each.max_tasks)])

    def _make_probes(self) -> ProbeLine:
        return ProbeLine(
            self._service,
            self._settings,
            name=self._assignment.name,
            incarnation=self._identity.incarnation,
            buffer=self._buffer,
            republish=self._outgoing.republish,
            announce=self._outgoing.announce_return,
        )

    def _make_disposable_slots(self) -> DisposableSlots:
        return DisposableSlots(
            self._service.package,
            start_timeout=self._settings.slot_start_timeout,
            memory_limit=self._settings.alone_memory_limit,
            shared=self._shared.folder,
            intake=self._outgoing.ask,
        )

    def _make_runner(self) -> JobRunner:
        store = open_store(self._settings.artifacts_url)
        kinds = self._isolated("thread")
        return JobRunner(
            self._service.workers,
            warmed_up(self._service, kinds, store, self._shared.contact.is_sure),
            self._slots,
            self._buffer,
            self._statuses,
            self._alone,
            self._cancellations.tasks.covers,
            self._holds.tell,
            confirmed_by(self._outgoing.ask),
            self._loop,
            Wear(self._wear_limits, kinds, resident_memory),
            self._on_worn,
            self._measures.note,
        )

    def _on_cancel(self, task_id: UUID, generation: int) -> None:
        self._runner.cancel(task_id, generation)

    def _on_stop_order(self, order: StopWorker) -> None:
        if order.incarnation == self._identity.incarnation:
            self._log.info("told to stop", by=order.by)
            self._ordered_to_stop = True

    def _on_worn(self, reason: str) -> None:
        if not self._recycle.is_set():
            self._log.info(
                "this process is replaced when its jobs have ended, and takes no more",
                reason=reason,
            )
            self._jobs.take_no_more()
            self._recycle.set()

    def _on_given_up(self, held: HeldRun) -> None:
        self._jobs.answered(held.message, held.answered)
        self._hangs = True
        if self._loop is not None:
            self._loop.interrupt(held.run.run_id)
        self._recycle.set()

    def _announcement(self) -> Announcement:
        return Announcement(
            service=self._service.name,
            release=self._service.release,
            incarnation=self._identity.incarnation,
            kinds=[*self._service.definitions(), *self._probes.definitions()],
        )

    def _beat(self, now: datetime) -> Beat:
        cpu, memory = self._meter.read()
        runs = self._runner.custody.run_ids()
        return Beat(
            incarnation=self._identity.incarnation,
            name=self._assignment.name,
            service=self._service.name,
            release=self._service.release,
            host=self._identity.host,
            pid=self._identity.pid,
            started_at=self._identity.started_at,
            at=now,
            queues=[*self._queues, *self._probes.queues],
            slots_total=self._capacity.most,
            slots_busy=len(self._runner.custody.running()),
            runs=[*runs, *self._probes.run_ids()],
            prefetched=[*self._jobs.held_message_ids(), *self._probes.held_message_ids()],
            holds=self._holds.beat(),
            downstreams=self._downstreams.told(),
            cpu_percent=round(cpu, 1),
            memory_bytes=memory,
            stopping=self._stopping,
        )
