"""Announcements and beats."""

import json
import threading
from concurrent.futures import Future
from datetime import UTC, datetime

from warren.contracts.kinds import Announcement, Beat
from warren.errors import Unavailable
from warren.worker.pulse import Pulse


class _Control:
    """Confirms each message but the first `refusals`."""

    def __init__(self, refusals: int = 0) -> None:
        self.types: list[str] = []
        self._refusals = refusals
        self.changed = threading.Condition()

    def __call__(self, body: bytes) -> "Future[None]":
        future: Future[None] = Future()
        with self.changed:
            self.types.append(json.loads(body)["type"])
            self._refusals -= 1
            self.changed.notify_all()
        if self._refusals >= 0:
            future.set_exception(Unavailable("no broker"))
        else:
            future.set_result(None)
        return future

    def wait_for(self, count: int) -> list[str]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.types) >= count, 10)
            return self.types[:count]


def _pulse(control: _Control) -> Pulse:
    announcement = Announcement(service="sample", release="1", incarnation="a-1-1", kinds=[])

    def beat(now: datetime) -> Beat:
        return Beat(
            incarnation="a-1-1", name="n", service="sample", release="1", host="a", pid=1,
            started_at=datetime(2026, 1, 1, tzinfo=UTC), at=now,
        )  # fmt: skip

    return Pulse(
        control,
        announcement,
        beat,
        beat_interval=0.01,
        announcement_interval=0.03,
        first_retry=0.05,
    )


def test_it_announces_then_beats_and_announces_again_now_and_then() -> None:
    control = _Control()
    pulse = _pulse(control)
    pulse.start()

    assert pulse.wait_until_announced(5)
    assert control.wait_for(6) == [
        "announcement", "beat", "beat", "beat", "announcement", "beat",
    ]  # fmt: skip
    pulse.stop()
    assert control.types[-1] == "beat"


def test_the_first_announcement_is_repeated_until_it_is_confirmed() -> None:
    control = _Control(refusals=1)
    pulse = _pulse(control)
    pulse.start()

    assert pulse.wait_until_announced(10)
    assert control.wait_for(3) == ["announcement", "announcement", "beat"]
    pulse.stop()


def test_a_beat_that_is_not_confirmed_stops_nothing() -> None:
    control = _Control()
    pulse = _pulse(control)
    pulse.start()
    pulse.wait_until_announced(5)
    control._refusals = 2

    control.wait_for(len(control.types) + 4)
    pulse.stop()
