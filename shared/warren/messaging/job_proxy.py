"""A job as Dramatiq's middleware and actors see it."""

import time

from dramatiq.broker import MessageProxy
from dramatiq.message import Message

from warren.contracts.message import JobMessage
from warren.messaging.delivery import Delivery


class JobProxy(MessageProxy):
    """A Dramatiq message with the decoded job and the broker's delivery beside it."""

    def __init__(self, job: JobMessage, delivery: Delivery) -> None:
        super().__init__(_message(job))
        self.job = job
        self.delivery = delivery

    @property
    def unanswered(self) -> int:
        """Hand-overs without an answer: those that the broker counts, and those before the last
        graceful hand-back, after which its count starts again at 0."""
        return self.job.options.deliveries + self.delivery.delivery_count

    @classmethod
    def decode(cls, delivery: Delivery) -> "JobProxy":
        """Read a delivery; raises UndecodableMessage."""
        return cls(JobMessage.decode(delivery.body), delivery)


def _message(job: JobMessage) -> "Message[object]":
    return Message(
        queue_name=job.queue,
        actor_name=job.kind,
        args=(job.payload,),
        kwargs={},
        options=job.options.model_dump(exclude_none=True),
        message_id=str(job.dispatch),
        message_timestamp=int(time.time() * 1000),
    )
