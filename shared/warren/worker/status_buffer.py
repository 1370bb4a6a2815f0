"""Gathers statuses for a moment, so that many travel in one confirmed message.

A message costs the publisher, the broker and the recorder far more than a status does. What waits
here waits at most `linger` (2 ms); the first outcome after a pause goes at once, so that an idle
system answers without delay.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

import structlog

from warren.contracts.status import (
    Status,
    TaskProcessing,
    TaskProgress,
    encode_status,
    join_statuses,
)
from warren.errors import Unavailable

MAX_STATUSES = 100
LINGER = 0.002
#: After this much silence the next outcome does not linger (seconds).
QUIET = 0.02

Send = Callable[[bytes], "Future[None]"]


@dataclass(slots=True)
class _Batch:
    encoded: list[bytes] = field(default_factory=list)
    futures: list["Future[None]"] = field(default_factory=list)
    since: float = 0.0


class StatusBuffer:
    """Sends statuses in the order in which they were added; `send` publishes one message.

    The future of a status is done when the message that holds it is confirmed, and fails as that
    message's future fails.
    """

    def __init__(
        self,
        send: Send,
        *,
        linger: float = LINGER,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send = send
        self._linger = linger
        self._clock = clock
        self._condition = threading.Condition()
        self._batch = _Batch()
        self._urgent = False
        self._last_sent = float("-inf")
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="status-buffer", daemon=True)

    def start(self) -> None:
        """Start the thread that sends."""
        self._thread.start()

    def add(self, status: Status) -> "Future[None]":
        """Send a status soon.

        The future fails with Unavailable once the buffer is closed, and with ValueError if the
        status cannot be written as JSON.
        """
        future: Future[None] = Future()
        try:
            # Here, where it can only fail for itself, and not for all that travel with it.
            encoded = encode_status(status)
        except Exception as error:  # noqa: BLE001 - a job gave the data, it may be anything
            future.set_exception(error)
            return future
        with self._condition:
            if self._closing:
                future.set_exception(Unavailable("this process has stopped reporting"))
                return future
            batch = self._batch
            if not batch.encoded:
                batch.since = self._clock()
            batch.encoded.append(encoded)
            batch.futures.append(future)
            if self._is_urgent(status):
                self._urgent = True
            if len(batch.encoded) == 1 or self._urgent:
                self._condition.notify()
        return future

    def close(self, timeout: float) -> None:
        """Send what is left; the publisher must live on until its confirms have come."""
        with self._condition:
            self._closing = True
            self._condition.notify()
        if self._thread.is_alive():
            self._thread.join(timeout)
        if self._thread.is_alive():
            structlog.get_logger("warren.worker").error(
                "the last statuses were not handed to the publisher in time", seconds=timeout
            )

    def _is_urgent(self, status: Status) -> bool:
        if len(self._batch.encoded) >= MAX_STATUSES:
            return True
        quiet = self._clock() - self._last_sent >= QUIET
        return quiet and not isinstance(status, TaskProcessing | TaskProgress)

    def _run(self) -> None:
        while (batch := self._next_batch()) is not None:
            self._publish(batch)

    def _next_batch(self) -> _Batch | None:
        with self._condition:
            while not self._batch.encoded:
                if self._closing:
                    return None
                self._condition.wait()
            while not self._urgent and not self._closing:
                left = self._batch.since + self._linger - self._clock()
                if left <= 0:
                    break
                self._condition.wait(left)
            batch, self._batch = self._batch, _Batch()
            self._urgent = False
            self._last_sent = self._clock()
            return batch

    def _publish(self, batch: _Batch) -> None:
        try:
            sent = self._send(join_statuses(batch.encoded))
        except Exception as error:  # noqa: BLE001 - every waiting delivery must learn of it
            for future in batch.futures:
                future.set_exception(error)
            return
        sent.add_done_callback(lambda done: _pass_on(done, batch.futures))


def _pass_on(done: "Future[None]", futures: list["Future[None]"]) -> None:
    error = done.exception()
    for future in futures:
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
