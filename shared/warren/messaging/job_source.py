"""Where worker threads get their jobs, in the place of Dramatiq's in-memory queue."""

from dataclasses import dataclass
from datetime import UTC, datetime
from queue import Empty

import structlog

from warren.contracts.message import UndecodableMessage
from warren.messaging.broker import WarrenBroker
from warren.messaging.delivery import Delivery
from warren.messaging.job_proxy import JobProxy
from warren.messaging.lane_consumer import LaneConsumer
from warren.messaging.lane_order import LaneOrder
from warren.messaging.unsettled import UnsettledJobs


@dataclass(frozen=True, slots=True)
class JobItem:
    """What Dramatiq's worker thread expects from its queue."""

    message: JobProxy


class JobSource:
    """Decodes deliveries; what no actor of this process can take goes to the dead letters."""

    def __init__(
        self,
        consumer: LaneConsumer,
        broker: WarrenBroker,
        unsettled: UnsettledJobs,
        order: LaneOrder,
    ) -> None:
        self._consumer = consumer
        self._order = order
        self._broker = broker
        self._unsettled = unsettled
        self._log = structlog.get_logger("warren.messaging")

    def get(self, timeout: float) -> JobItem:
        """The next job; raises queue.Empty after `timeout` seconds, as Dramatiq expects."""
        delivery = self._consumer.get(timeout)
        proxy = None if delivery is None else self._decode(delivery)
        if proxy is None:
            raise Empty
        self._unsettled.add(proxy)
        self._note_wait(proxy)
        return JobItem(proxy)

    def _note_wait(self, proxy: JobProxy) -> None:
        since = proxy.job.options.waiting_since
        if since is not None:
            waited = (datetime.now(UTC) - since).total_seconds()
            self._order.noted(proxy.delivery.queue, waited)

    def _decode(self, delivery: Delivery) -> JobProxy | None:
        try:
            proxy = JobProxy.decode(delivery)
        except UndecodableMessage as error:
            self._reject(delivery, str(error))
            return None
        if proxy.job.kind not in self._broker.actors:
            self._reject(delivery, f"nothing here handles {proxy.job.kind!r}")
            return None
        return proxy

    def _reject(self, delivery: Delivery, reason: str) -> None:
        self._log.error(
            "a message goes to the dead letters",
            queue=delivery.queue,
            message_id=delivery.properties.message_id,
            reason=reason,
        )
        self._consumer.released(delivery)
        self._consumer.reject(delivery)
