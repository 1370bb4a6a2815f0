"""What tests of the job worker share: what it reports to, and actors for it to run."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import dramatiq

from warren.contracts.message import JobMessage
from warren.messaging.broker import WarrenBroker
from warren.messaging.job_proxy import JobProxy
from warren.messaging.job_worker import JobWorker

QUEUE = "test.default"
MakeJob = Callable[..., JobMessage]
PublishJob = Callable[[JobMessage], None]
StartWorker = Callable[..., JobWorker]


class Outcomes:
    """Records what is reported; `answer` is the future that the worker gets."""

    def __init__(self) -> None:
        self.reported: list[tuple[JobProxy, object, BaseException | None]] = []
        self.answer: Callable[[], Future[None]] = confirmed

    def settle(self, job: JobProxy, result: object, error: BaseException | None) -> "Future[None]":
        self.reported.append((job, result, error))
        return self.answer()


def confirmed() -> "Future[None]":
    """An outcome that was published and confirmed."""
    future: Future[None] = Future()
    future.set_result(None)
    return future


def lost() -> "Future[None]":
    """An outcome that could not be published."""
    future: Future[None] = Future()
    future.set_exception(RuntimeError("no broker"))
    return future


def declare_actor(
    broker: WarrenBroker, function: Callable[..., object], kind: str = "test.job"
) -> None:
    """Let the worker run `function` for jobs of `kind`."""
    dramatiq.actor(broker=broker, actor_name=kind, queue_name=QUEUE)(function)


def message_count(channel: Any, queue: str) -> int:
    """How many messages are ready in a queue."""
    return int(channel.queue_declare(queue, passive=True).method.message_count)


def message_id(message: JobMessage) -> str:
    """As the relay gives it."""
    return str(message.dispatch)
