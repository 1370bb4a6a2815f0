"""Gives jobs back so that no delivery is counted: as new messages, in the place of the old ones."""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future

import structlog

from warren.contracts.message import JobMessage, UndecodableMessage, with_deliveries
from warren.messaging.consumer import QueueConsumer
from warren.messaging.delivery import Delivery
from warren.messaging.job_proxy import JobProxy

#: Publishes a job's body to its queue, with its message id; done with the broker's confirm.
Republish = Callable[[str, bytes, str], "Future[None]"]
#: Reports jobs that are about to be handed back, before anything that is published afterwards.
Announce = Callable[[Sequence[JobMessage]], "Future[None]"]


class HandingBack:
    """Republishes messages, and acks the originals when the broker has confirmed the copies.

    The broker's own count starts again at 0 with the copy, so that a deploy makes no message look
    dangerous; what it had counted by then goes into the message. A copy that is not confirmed is of
    no account: its original goes on here, if `keep` takes it, or else is requeued, and the broker
    counts that. After a crash between confirm and ack there are two messages of one dispatch, which
    the recorder takes for one.

    A copy stands at the end of its queue, behind what was published later. The sweeper has to know,
    or it takes it for lost: so that is announced first, and no original goes before there is an
    answer to that, too.
    """

    def __init__(
        self,
        consumer: QueueConsumer,
        republish: Republish,
        announce: Announce,
        keep: Callable[[Delivery], bool] = lambda _delivery: False,
    ) -> None:
        self._consumer = consumer
        self._republish = republish
        self._announce = announce
        self._keep = keep
        self._changed = threading.Condition()
        self._pending = 0
        self._failed = 0
        self._log = structlog.get_logger("warren.messaging")

    def give(self, deliveries: Iterable[Delivery]) -> None:
        """Begin to give them back; returns at once."""
        jobs = [*filter(None, map(self._read, filter(self._consumer.is_current, deliveries)))]
        if not jobs:
            return
        with self._changed:
            self._pending += len(jobs)
        told = self._announce([job.job for job in jobs])
        told.add_done_callback(self._on_told)
        copies = [(job.delivery, self._publish_copy(job)) for job in jobs]
        _when_all([told, *(copied for _, copied in copies)], lambda: self._settle(copies))

    def wait(self, timeout: float) -> int:
        """Wait, at most `timeout` seconds, for all confirms; how many jobs have none.

        What has one is acked by then, too (who waits for a future may go on before its callbacks).
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._pending, timeout)
            return self._failed + self._pending

    def _read(self, delivery: Delivery) -> JobProxy | None:
        try:
            return JobProxy.decode(delivery)
        except UndecodableMessage:
            # Whoever gets it next sends it to the dead letters.
            self._consumer.requeue(delivery)
            return None

    def _publish_copy(self, job: JobProxy) -> "Future[None]":
        delivery = job.delivery
        body = with_deliveries(delivery.body, job.unanswered)
        return self._republish(delivery.queue, body, job.message_id)

    def _on_told(self, told: "Future[None]") -> None:
        if (error := told.exception()) is not None:
            self._log.warning(
                "the recorder may not learn that jobs were handed back; should one of them wait in "
                "its queue for more than a minute, it may be issued a second time",
                error=str(error),
            )

    def _settle(self, copies: Sequence[tuple[Delivery, "Future[None]"]]) -> None:
        """All acks at once: a quorum queue takes them as one command then."""
        self._consumer.ack_many(delivery for delivery, sent in copies if sent.exception() is None)
        requeued = 0
        for delivery, sent in copies:
            error = sent.exception()
            if error is not None and not self._kept(delivery):
                self._requeue(delivery, error)
                requeued += 1
        with self._changed:
            self._pending -= len(copies)
            self._failed += requeued
            self._changed.notify_all()

    def _kept(self, delivery: Delivery) -> bool:
        return self._consumer.is_current(delivery) and self._keep(delivery)

    def _requeue(self, delivery: Delivery, error: BaseException | None) -> None:
        self._log.warning(
            "a job could not be handed back; its queue will deliver it again and count that",
            message_id=delivery.properties.message_id,
            error=str(error),
        )
        self._consumer.requeue(delivery)


def _when_all(futures: Sequence["Future[None]"], callback: Callable[[], None]) -> None:
    """Call back once, in the thread of the last one that ends."""
    left, lock = len(futures), threading.Lock()

    def ended(_future: "Future[None]") -> None:
        nonlocal left
        with lock:
            left -= 1
            is_last = left == 0
        if is_last:
            callback()

    for future in futures:
        future.add_done_callback(ended)
