"""The recorder's loop: take what is at hand, record it, ack it."""

from collections.abc import Iterable
from threading import Event
from typing import Protocol

from gateway.database_work import Stopping
from gateway.intake.store import IntakeStore
from gateway.recording.measures import recorder_numbers
from gateway.recording.store import StatusStore
from warren.messaging.delivery import Delivery
from warren.messaging.topology import CONTROL_QUEUE, DEAD_QUEUE, INTAKE_QUEUE, STATUS_QUEUE

#: Seconds until a stop is noticed when nothing comes in.
_PATIENCE = 0.5


class Deliveries(Protocol):
    """The part of `QueueConsumer` that the recorder uses."""

    def get_batch(self, limit: int, timeout: float) -> list[Delivery]:
        """What is at hand, at most `limit`, after waiting at most `timeout` for the first."""
        ...

    def ack_many(self, deliveries: Iterable[Delivery]) -> None:
        """Tell the broker that these are done."""
        ...


class Recorder:
    """Acks only what is committed: a crash anywhere leads to duplicates, which fold to nothing."""

    def __init__(
        self, deliveries: Deliveries, store: StatusStore, intake: IntakeStore, *, batch: int = 500
    ) -> None:
        self._deliveries = deliveries
        self._store = store
        self._intake = intake
        self._batch = batch

    def run(self, stop: Event) -> None:
        """Record until told to stop; what is being recorded then is finished if it can be."""
        while not stop.is_set():
            taken = self._deliveries.get_batch(self._batch, _PATIENCE)
            if not taken:
                recorder_numbers().nothing_waits()
                continue
            try:
                with recorder_numbers().batch.time():
                    self._record(taken)
            except Stopping:
                return

    def _record(self, taken: list[Delivery]) -> None:
        statuses = [item for item in taken if item.queue == STATUS_QUEUE]
        control = [item for item in taken if item.queue == CONTROL_QUEUE]
        dead = [item for item in taken if item.queue == DEAD_QUEUE]
        asked = [item for item in taken if item.queue == INTAKE_QUEUE]
        # Before the outcomes of who asked, so that its tasks are there when it has ended.
        if asked:
            self._intake.record(item.body for item in asked)
            self._deliveries.ack_many(asked)
        if statuses:
            self._store.record_statuses(item.body for item in statuses)
            self._deliveries.ack_many(statuses)
        if control:
            self._store.record_control(item.body for item in control)
            self._deliveries.ack_many(control)
        if dead:
            self._store.record_dead(dead)
            self._deliveries.ack_many(dead)
