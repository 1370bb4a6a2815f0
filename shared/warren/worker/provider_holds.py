"""Which providers to leave alone: what a job of one worker process finds out, all of them heed."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path

import structlog

from warren.contracts.kinds import BeatHold
from warren.contracts.orders import HoldProvider, ReleaseProvider
from warren.providers import Hold, ProviderBoard
from warren.providers.hold import LONGEST_HOLD
from warren.providers.notice import write_notice

#: Seconds by which clocks of machines may differ: a hold that is read late ends so much too late
#: elsewhere rather than too early.
CLOCK_ALLOWANCE = 2.0


class ProviderHolds:
    """Between the board of this process, its slots (by the file `notice`) and all other processes.

    `publish` puts a message into the stream of orders, `incarnation` is this process.
    """

    def __init__(
        self,
        board: ProviderBoard,
        publish: Callable[[bytes], "Future[None]"],
        incarnation: str,
        notice: Path,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._board = board
        self._publish = publish
        self._incarnation = incarnation
        self._notice = notice
        self._now = now
        self._writing = threading.Lock()
        self._log = structlog.get_logger("warren.worker")

    def start(self) -> None:
        """Have the board tell what jobs in threads find out."""
        self._board.tell_to(self.tell)

    def stop(self) -> None:
        """Listen no more."""
        self._board.tell_to(None)

    def tell(self, hold: Hold) -> None:
        """A job of this process, or of one of its slots, found out about `hold`."""
        self._heed(hold)
        order = HoldProvider(
            provider=hold.provider,
            reason=hold.reason,
            seconds=hold.seconds,
            at=self._now(),
            by=self._incarnation,
        )
        self._log.warning(
            "a provider is left alone by all workers",
            provider=hold.provider,
            reason=hold.reason,
            seconds=round(hold.seconds, 1),
        )
        self._publish(order.encode()).add_done_callback(self._note)

    def on_order(self, order: HoldProvider) -> None:
        """What another process found out, now or before this one started."""
        seconds = seconds_left(order, self._now())
        if order.by != self._incarnation and seconds > 0:
            self._heed(Hold(order.provider, order.reason, seconds))
            self._log.info(
                "another worker found that a provider is to be left alone",
                provider=order.provider,
                reason=order.reason,
                seconds=round(seconds, 1),
            )

    def on_release(self, order: ReleaseProvider) -> None:
        """An operator wants the provider called again, now or before this process started."""
        with self._writing:
            held = any(hold.provider == order.provider for hold in self._board.holds())
            self._board.release(order.provider)
            self._write()
        if held:
            self._log.info(
                "a provider is called again: an operator released it",
                provider=order.provider,
                by=order.by,
            )

    def beat(self) -> list[BeatHold]:
        """What operators are told: which providers this process leaves alone now."""
        return [
            BeatHold(provider=hold.provider, reason=hold.reason, seconds=hold.seconds)
            for hold in self._board.holds()
        ]

    def _heed(self, hold: Hold) -> None:
        self._board.heed(hold)
        with self._writing:
            self._write()

    def _write(self) -> None:
        write_notice(self._notice, self._board.holds(), released=self._board.released())

    def _note(self, sent: "Future[None]") -> None:
        if (error := sent.exception()) is not None:
            self._log.warning(
                "the other workers could not be told to leave a provider alone; they will learn "
                "it from the provider",
                error=str(error),
            )


def seconds_left(order: HoldProvider, now: datetime) -> float:
    """How long the hold lasts for whoever reads the order at `now`, by a clock of its own.

    Never longer than it was asked for, and never shorter unless that clock is ahead of the other by
    more than CLOCK_ALLOWANCE.
    """
    age = (now - order.at).total_seconds()
    return min(order.seconds, LONGEST_HOLD, order.seconds - age + CLOCK_ALLOWANCE)
