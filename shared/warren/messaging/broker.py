"""Dramatiq's view of Warren's messaging: actors and middleware, but no way in for messages."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any, NoReturn

import dramatiq
from dramatiq.message import Message
from dramatiq.middleware import Middleware

from warren.errors import ConfigurationError
from warren.messaging.job_proxy import JobProxy

#: Reports how a job ended: the job, its result, or the exception that ended it. The job is acked
#: when the future succeeds and given back when it fails.
Settle = Callable[[JobProxy, object, BaseException | None], "Future[None]"]


class WarrenBroker(dramatiq.Broker):
    """Holds actors and middleware for a `JobWorker`.

    Nothing of Dramatiq's stock middleware is there unless it is asked for: retries, time limits
    and dead letters are Warren's own, and there are no delay queues.
    """

    def __init__(self, settle: Settle, middleware: Iterable[Middleware] = ()) -> None:
        self.settle = settle
        super().__init__(middleware=list(middleware))

    def declare_queue(self, queue_name: str) -> None:
        """Make the queue known to middleware; the consumer declares it at the server."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues[queue_name] = None
            self.emit_after("declare_queue", queue_name)

    def enqueue(self, message: "Message[Any]", *, delay: int | None = None) -> NoReturn:
        """Always raises: a message without a task's row would run unrecorded."""
        raise ConfigurationError(
            f"{message.actor_name}: jobs enter through the gateway (POST /api/v1/tasks) "
            "or from a running job, not through Dramatiq's send()"
        )

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 30_000) -> NoReturn:
        """Always raises: Dramatiq's own worker would ack jobs whose outcome nobody recorded."""
        raise ConfigurationError(f"{queue_name}: run it with warren.messaging.JobWorker")
