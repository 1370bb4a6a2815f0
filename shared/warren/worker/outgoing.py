"""What a worker process publishes beside statuses, and where to."""

from collections.abc import Sequence
from concurrent.futures import Future

from warren.contracts.message import JobMessage
from warren.contracts.status import encode_statuses
from warren.messaging.publisher import Publisher
from warren.messaging.topology import CANCELS_STREAM, CONTROL_QUEUE, INTAKE_QUEUE, STATUS_QUEUE
from warren.worker.reporting import StatusMaker


class Outgoing:
    """Each future is done when the broker has confirmed the message."""

    def __init__(self, publisher: Publisher, statuses: StatusMaker) -> None:
        self._publisher = publisher
        self._statuses = statuses

    def report(self, body: bytes) -> "Future[None]":
        """Tell what runs do; the body is what StatusBuffer puts together."""
        return self._publisher.publish(STATUS_QUEUE, body)

    def beat(self, body: bytes) -> "Future[None]":
        """Tell what this process is and does."""
        return self._publisher.publish(CONTROL_QUEUE, body)

    def order(self, body: bytes) -> "Future[None]":
        """Tell all workers."""
        return self._publisher.publish(CANCELS_STREAM, body)

    def ask(self, body: bytes) -> "Future[None]":
        """Ask for tasks that jobs want."""
        return self._publisher.publish(INTAKE_QUEUE, body)

    def republish(self, queue: str, body: bytes, message_id: str) -> "Future[None]":
        """Put a job back into its queue."""
        return self._publisher.publish(queue, body, message_id=message_id)

    def announce_return(self, jobs: Sequence[JobMessage]) -> "Future[None]":
        """Say that these are about to be put back."""
        # Not through the buffer: it goes before the copies, on the same channel.
        return self.report(encode_statuses([self._statuses.handed_back(job) for job in jobs]))
