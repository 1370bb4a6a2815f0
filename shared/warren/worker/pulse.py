"""Tells the recorders that this process lives, what it can do and what it holds."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime

import structlog

from warren.contracts.kinds import Announcement, Beat
from warren.errors import Unavailable

#: Seconds; at the most.
BEAT_INTERVAL = 10.0
ANNOUNCEMENT_INTERVAL = 60.0
#: Until the first announcement is confirmed it is repeated after this many seconds.
FIRST_ANNOUNCEMENT_RETRY = 2.0

Publish = Callable[[bytes], "Future[None]"]


class Pulse:
    """Announces at once, until that is confirmed, then once a minute; beats more often.

    Runs in a thread of its own, so that a busy process still beats. `beat` reads the state of the
    moment; `publish` sends one message to the control queue.
    """

    def __init__(
        self,
        publish: Publish,
        announcement: Announcement,
        beat: Callable[[datetime], Beat],
        *,
        beat_interval: float = BEAT_INTERVAL,
        announcement_interval: float = ANNOUNCEMENT_INTERVAL,
        first_retry: float = FIRST_ANNOUNCEMENT_RETRY,
    ) -> None:
        self._publish = publish
        self._announcement = announcement.model_dump_json().encode()
        self._beat = beat
        self._beat_interval = beat_interval
        self._first_retry = first_retry
        self._beats_per_announcement = max(1, round(announcement_interval / beat_interval))
        self._stopping = threading.Event()
        self._announced = threading.Event()
        self._log = structlog.get_logger("warren.worker")
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def start(self) -> None:
        """Start announcing and beating."""
        self._thread.start()

    def wait_until_announced(self, timeout: float) -> bool:
        """True when the first announcement is confirmed; False if not within `timeout` seconds."""
        return self._announced.wait(timeout)

    def stop(self) -> None:
        """Beat a last time and stop; the last beat should say `stopping`."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(self._beat_interval)

    def _run(self) -> None:
        self._announce_first()
        count = 0
        while not self._stopping.is_set():
            self._send_beat()
            count += 1
            if self._stopping.wait(self._beat_interval):
                break
            if count % self._beats_per_announcement == 0:
                self._send(self._announcement)
        self._send_beat()

    def _announce_first(self) -> None:
        while not self._stopping.is_set():
            try:
                self._publish(self._announcement).result(ANNOUNCEMENT_INTERVAL)
            except (Unavailable, TimeoutError) as error:
                self._log.warning(
                    "the announcement is not confirmed yet, trying again", error=str(error)
                )
                self._stopping.wait(self._first_retry)
            else:
                self._announced.set()
                return

    def _send_beat(self) -> None:
        self._send(self._beat(datetime.now(UTC)).model_dump_json().encode())

    def _send(self, body: bytes) -> None:
        self._publish(body).add_done_callback(self._note)

    def _note(self, sent: "Future[None]") -> None:
        if (error := sent.exception()) is not None:
            self._log.warning("a sign of life was not confirmed", error=str(error))
