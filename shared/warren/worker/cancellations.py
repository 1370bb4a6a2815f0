"""Follows the stream of cancellations; no job is taken before all of it is known."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol
from uuid import UUID

import orjson
import structlog

from warren.contracts.ids import new_id
from warren.contracts.orders import (
    CancelTask,
    HoldProvider,
    ReleaseProvider,
    StopWorker,
    parse_order,
)
from warren.errors import Unavailable
from warren.worker.cancelled_tasks import CancelledTasks

_MARKER_TIMEOUT = 10.0
_RETRY_DELAY = 0.5
_POLL = 0.1


class Stream(Protocol):
    """Calls back with every message of the stream, old and new."""

    def start(self) -> None: ...
    def close(self, timeout: float) -> None: ...


class Cancellations:
    """Follows the stream; `on_cancel` gets task and generation of each order, old ones too,
    `on_stop` each order to a process, `on_hold` each provider to leave alone, and `on_release`
    each that may be called again.

    `open_stream` makes the reader of the stream for a callback; `publish` puts a message into it.
    """

    def __init__(
        self,
        open_stream: Callable[[Callable[[bytes], None]], Stream],
        publish: Callable[[bytes], "Future[None]"],
        on_cancel: Callable[[UUID, int], None],
        on_stop: Callable[[StopWorker], None],
        on_hold: Callable[[HoldProvider], None] = lambda _order: None,
        on_release: Callable[[ReleaseProvider], None] = lambda _order: None,
    ) -> None:
        self.tasks = CancelledTasks()
        self._publish = publish
        self._on_cancel = on_cancel
        self._on_stop = on_stop
        self._on_hold = on_hold
        self._on_release = on_release
        #: Whoever reads this from the stream has read all that was there when it was published.
        self._marker = orjson.dumps({"type": "stream.marker", "id": str(new_id())})
        self._replayed = threading.Event()
        self._stream = open_stream(self._on_message)

    def start(self) -> None:
        """Start reading."""
        self._stream.start()

    def wait_until_replayed(self, give_up: Callable[[], bool]) -> bool:
        """Wait until everything that the stream holds now is known; False if `give_up` says so.

        Without the broker this takes until it is back: nothing may run before.
        """
        log = structlog.get_logger("warren.worker")
        while not give_up():
            try:
                self._confirm_marker(give_up)
            except (Unavailable, TimeoutError) as error:
                log.warning("the stream of cancellations is not there yet", error=str(error))
                self._replayed.wait(_RETRY_DELAY)
                continue
            if self._wait(give_up):
                return True
        return False

    def close(self, timeout: float) -> None:
        """Stop reading."""
        self._stream.close(timeout)

    def _confirm_marker(self, give_up: Callable[[], bool]) -> None:
        sent = self._publish(self._marker)
        deadline = time.monotonic() + _MARKER_TIMEOUT
        while not self._replayed.wait(0 if sent.done() else _POLL) and not give_up():
            if sent.done() or time.monotonic() > deadline:
                sent.result(0)
                return

    def _wait(self, give_up: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + _MARKER_TIMEOUT
        while not self._replayed.wait(_POLL):
            if give_up() or time.monotonic() > deadline:
                return False
        return True

    def _on_message(self, body: bytes) -> None:
        if body == self._marker:
            self._replayed.set()
            return
        match parse_order(body):
            case CancelTask() as order:
                # Known first: a run that begins in between finds it, or is found.
                self.tasks.add(order)
                self._on_cancel(order.task_id, order.generation)
            case StopWorker() as order:
                self._on_stop(order)
            case HoldProvider() as order:
                self._on_hold(order)
            case ReleaseProvider() as order:
                self._on_release(order)
