"""Looks after occupied slots, by a clock that stands still while the process does.

On an overloaded machine a job that does nothing can take a second, and jobs seem to stand still
that only got no processor. So time is counted in looks, of which the connection's thread takes one
at a time: a process that was stopped has missed all but one of them.
"""

from collections.abc import Callable

from warren.messaging.connection import ConnectionThread
from warren.messaging.inbox import Inbox

#: Seconds between two looks.
LOOK = 0.02
#: So many looks without a job begun, while messages wait: the slots are occupied by long jobs.
_STALL = 10
#: So many without a low job begun: those that run are long, also those in the reserve. More than
#: the length of short ones (warren.messaging.low_pace).
_KEPT = 15
#: So many: whatever runs is long, and nothing more is to be seen until something comes.
_ENOUGH = 50


class LaneWatch:
    """Looks while slots are occupied; only `looks` may be read by other threads.

    `stalled` is called when messages wait for slots that are occupied by long jobs, perhaps again
    and again; `low_stalled` when such of the low lane do, while others may have slots, and when
    long low jobs keep the reserve, which has been made good.
    """

    def __init__(
        self,
        inbox: Inbox,
        thread: ConnectionThread,
        stalled: Callable[[], None],
        low_stalled: Callable[[], None],
    ) -> None:
        #: How many there have been.
        self.looks = 0
        self._inbox = inbox
        self._thread = thread
        self._stalled = stalled
        self._low_stalled = low_stalled
        self._looking = False
        self._turn = self._low_turn = 0
        self._still = self._low_still = 0

    def begin(self) -> None:
        """A message has come; may be repeated."""
        if not self._looking:
            self._looking = True
            self._still = self._low_still = 0
            self._thread.call_later(LOOK, self._look)

    def restart(self) -> None:
        """A new connection is open; the timers of the last one are void."""
        self._looking = False
        if self._inbox.busy:
            # Long jobs go on, and perhaps no message comes that would begin it.
            self.begin()

    def _look(self) -> None:
        self.looks += 1
        turn, before = self._inbox.turn, self._turn
        self._turn = turn
        self._still = self._still + 1 if turn == before else 0
        if self._still >= _STALL and self._inbox.free_slots < 0:
            self._stalled()
        self._look_at_low()
        self._looking = self._still < _ENOUGH and self._inbox.busy
        if self._looking:
            self._thread.call_later(LOOK, self._look)

    def _look_at_low(self) -> None:
        turn, before = self._inbox.low_turn, self._low_turn
        self._low_turn = turn
        self._low_still = self._low_still + 1 if turn == before else 0
        kept = self._low_still >= _KEPT and self._inbox.make_good()
        if kept or (self._low_still >= _STALL and self._inbox.low_waits):
            self._low_stalled()
