"""Dramatiq's worker on Warren's consumer: a job is acked when its outcome is confirmed."""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, Future
from functools import partial

import dramatiq
import structlog

from warren.messaging.broker import WarrenBroker
from warren.messaging.delivery import Delivery
from warren.messaging.handing_back import Announce, HandingBack, Republish
from warren.messaging.job_proxy import JobProxy
from warren.messaging.job_source import JobSource
from warren.messaging.job_thread import JobThread
from warren.messaging.lane_consumer import LaneConsumer
from warren.messaging.lane_order import LOW_AGES_AFTER, LaneOrder, in_lane_order
from warren.messaging.occupancy import Capacity
from warren.messaging.prefetch import MAX_PREFETCH
from warren.messaging.unsettled import UnsettledJobs

#: Seconds before a job is given back whose outcome could not be reported: it will run again, and
#: what kept the report from getting through should have passed by then.
RETURN_DELAY = 5.0
_CLOSE_TIMEOUT = 5.0
#: Seconds that the broker may take to stop delivering.
_DRAIN_TIMEOUT = 5.0
_JOIN_POLL = 0.1
#: A quorum queue that is slow keeps acks for a while, and forgets them with the channel: these
#: messages would come again. So the channel is closed a moment after the last ones.
_SETTLING = 0.5
#: A thread that waits for a job is woken by one, or by the end; this is only in case of neither.
_THREAD_WAKES_AFTER_MS = 10_000


#: Asked when a job has ended: what its thread has to do before it may take another, if anything.
Renewal = Callable[[], Callable[[], None] | None]


class JobWorker(dramatiq.Worker):
    """Runs jobs from `queues`, the more urgent lanes' first, as many at once as `capacity` says.

    An actor that returns a Future lets its job go on elsewhere: the thread is free for the next
    one, and the Future's end is the job's.

    Start it once its actors are declared on the broker. `name` shows at the server; `republish`
    publishes what is handed back: what no thread is free for, and the rest when the worker stops;
    before that, `announce` reports it. As long as a thread is busy with a `renewal`, no job is
    taken for it.
    At most `most_ahead` messages of a lane are fetched ahead.
    What has waited in the low lane for more than `low_ages_after` seconds counts as default.
    """

    def __init__(
        self,
        broker: WarrenBroker,
        amqp_url: str,
        queues: Iterable[str],
        *,
        capacity: Capacity,
        name: str,
        republish: Republish,
        announce: Announce,
        renewal: Renewal = lambda: None,
        low_ages_after: float = LOW_AGES_AFTER,
        most_ahead: int = MAX_PREFETCH,
    ) -> None:
        ordered = in_lane_order(queues)
        capacity = capacity.serving(ordered)
        threads = capacity.threads + capacity.spare_threads
        super().__init__(broker, worker_threads=threads, worker_timeout=_THREAD_WAKES_AFTER_MS)
        self._settle = broker.settle
        self._order = LaneOrder(ordered, low_ages_after)
        self._consumer = LaneConsumer(
            amqp_url,
            ordered,
            capacity=capacity,
            order=self._order,
            name=name,
            hand_back=self._hand_back,
            most_ahead=most_ahead,
        )
        self._renewal = renewal
        self._share = capacity.threads / capacity.most
        self._unsettled = UnsettledJobs()
        self._returning = HandingBack(self._consumer, republish, announce, self._consumer.keep)
        #: Jobs that were neither finished nor handed back when the worker stopped.
        self.left_behind = 0
        self._abandoned = threading.Event()
        self._source = JobSource(self._consumer, broker, self._unsettled, self._order)
        self._log = structlog.get_logger("warren.messaging").bind(worker=name)
        self._stopping = False
        self._threads_lock = threading.Lock()

    @property
    def connected(self) -> bool:
        """Whether the server delivers jobs."""
        return self._consumer.connected

    def held_message_ids(self) -> list[str]:
        """Jobs that are here: waiting for a thread, running, or with an unconfirmed outcome."""
        waiting = (delivery.properties.message_id for delivery in self._consumer.untaken())
        return [*filter(None, waiting), *self._unsettled.message_ids()]

    def start(self) -> None:
        """Start the threads, then take jobs."""
        super().start()
        self._consumer.start()

    def stop(self, timeout: int = 600_000) -> None:
        """Take no more jobs, hand back what no thread has begun (the broker counts no delivery),
        and wait, at most `timeout` milliseconds, for those that run and for the confirms of their
        outcomes.

        A job that still runs then comes again, to this or another worker; `left_behind` counts
        these. Only the first call does anything.
        """
        deadline = time.monotonic() + timeout / 1000
        with self._threads_lock:
            if self._stopping:
                return
            self._stopping = True
            threads = list(self.workers)
        self.broker.emit_before("worker_shutdown", self)
        for thread in threads:
            thread.stop()
        had_jobs = bool(self._unsettled.message_ids())
        unbegun = self._consumer.drain(_DRAIN_TIMEOUT)
        if unbegun:
            self._log.info("jobs are handed back to their queues", jobs=len(unbegun))
        self._returning.give(unbegun)
        self._wait_for(threads, deadline)
        self._unsettled.wait_until_none(max(0.0, deadline - time.monotonic()))
        unreturned = self._returning.wait(max(1.0, deadline - time.monotonic()))
        if left := self._unsettled.message_ids():
            self._log.warning(
                "stopped before these jobs were done; they will run again", message_ids=left
            )
        self.left_behind = unreturned + len(left)
        if unbegun or had_jobs:
            threading.Event().wait(_SETTLING)
        self._consumer.close(_CLOSE_TIMEOUT)
        self.broker.emit_after("worker_shutdown", self)

    def take_no_more(self) -> None:
        """Let no thread begin another job; `stop` has to follow."""
        with self._threads_lock:
            threads = list(self.workers)
        # First: a thread that asks an inbox that is shut gets its answer at once, again and again.
        for thread in threads:
            thread.stop()
        self._consumer.shut()

    def hand_back(self, jobs: Iterable[JobProxy]) -> None:
        """While stopping: wait for no thread any more, and give back what these still run."""
        self._abandoned.set()
        for job in jobs:
            self._give_back(job, RuntimeError("this worker stops before its end"))

    def _wait_for(self, threads: Iterable[threading.Thread], deadline: float) -> None:
        for thread in threads:
            while (
                thread.is_alive() and not self._abandoned.is_set() and time.monotonic() < deadline
            ):
                thread.join(_JOIN_POLL)

    def pause(self) -> None:
        """Let the threads finish what they run, and begin nothing more until `resume`."""
        for thread in self.workers:
            thread.pause()
        for thread in self.workers:
            thread.paused_event.wait(timeout=60)

    def join(self) -> None:
        """Wait until every job that a thread has taken is settled; for tests."""
        self._unsettled.wait_until_none(timeout=None)

    def job_left(self, job: JobProxy) -> None:
        """It goes on without its thread."""
        self._consumer.leave_thread(job.delivery)

    def job_done_elsewhere(
        self, job: JobProxy, result: object, error: BaseException | None, seconds: float
    ) -> None:
        """As `job_done`, of a job that had left its thread."""
        # First: by what is reported, never more of them run than may.
        self._report(job, result, error)
        self._consumer.finished(job.delivery, seconds, self._share)

    def job_done(
        self, job: JobProxy, result: object, error: BaseException | None, seconds: float
    ) -> None:
        """Report the outcome; the ack follows when that is confirmed, by the confirm's thread."""
        renew = self._renewal()
        if renew is None:
            self._consumer.finished(job.delivery, seconds)
        self._report(job, result, error)
        if renew is not None:
            renew()
            self._consumer.finished(job.delivery, seconds)

    def _report(self, job: JobProxy, result: object, error: BaseException | None) -> None:
        try:
            reported = self._settle(job, result, error)
        except Exception as failure:  # noqa: BLE001 - whatever it is, the job must not be acked
            self._give_back(job, failure)
        else:
            reported.add_done_callback(partial(self._on_reported, job))

    def answered(self, job: JobProxy, reported: "Future[None]") -> None:
        """Ack a job that is still in its thread when `reported` succeeds: its outcome was reported
        by somebody else, who has given the thread up."""
        reported.add_done_callback(partial(self._on_reported, job))

    def thread_died(self, thread: JobThread, job: JobProxy | None) -> None:
        """Replace a thread, and give back what it had at hand."""
        if job is not None:
            self._consumer.released(job.delivery)
            self._give_back(job, RuntimeError("its worker thread died"))
        with self._threads_lock:
            self.workers.remove(thread)
            if not self._stopping:
                self._add_worker()

    def _on_reported(self, job: JobProxy, reported: "Future[None]") -> None:
        try:
            reported.result()
        except (Exception, CancelledError) as failure:  # noqa: BLE001 - see job_done
            self._give_back(job, failure)
            return
        if not self._unsettled.remove(job):
            return
        signal = "nack" if job.failed else "ack"
        settle = self._consumer.reject if job.failed else self._consumer.ack
        self.broker.emit_before(signal, job)
        settle(job.delivery)
        self.broker.emit_after(signal, job)

    def _give_back(self, job: JobProxy, failure: BaseException) -> None:
        if self._stopping:
            self._unsettled.remove(job, first=lambda: self._returning.give([job.delivery]))
            return
        if not self._unsettled.remove(job):
            return
        self._log.warning(
            "the outcome of a job could not be reported; the job will run again",
            message_id=job.message_id,
            kind=job.actor_name,
            reason=repr(failure),
        )
        self._consumer.requeue(job.delivery, delay=RETURN_DELAY)

    def _hand_back(self, deliveries: Iterable[Delivery]) -> None:
        self._returning.give(deliveries)

    def _add_consumer(self, queue_name: str, *, delay: bool = False) -> None:
        """Called by Dramatiq for each declared queue; all share one consumer here."""

    def _add_worker(self) -> None:
        thread = JobThread(self.broker, self._source, self, self.worker_timeout)  # type: ignore[arg-type]
        thread.start()
        self.workers.append(thread)
