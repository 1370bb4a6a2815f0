"""One stream's side of the feed: what it has to send next."""

import asyncio
from collections.abc import Callable, Sequence

#: Events that a client has not taken so far, beyond which it is read no more for.
_MOST_UNREAD = 1_000


class Listener:
    """Collects what is new about a task until its stream sends it.

    `told` is the id of the last event that its client has seen; None: it wants the last generation.
    `on_room` is called when there was none, and is now.
    """

    def __init__(self, told: int | None, on_room: Callable[[], None]) -> None:
        self.told = told
        self._on_room = on_room
        #: Nothing of an earlier one is told, which may come late.
        self.generation = 0
        #: It has not been told yet where its task stands now.
        self.is_new = True
        #: Nothing more will come.
        self.is_over = False
        #: Because the task has ended, or is there no more.
        self.is_finished = False
        self._events: list[bytes] = []
        self._progress: bytes | None = None
        self._awake = asyncio.Event()

    @property
    def has_room(self) -> bool:
        """Whether its client has taken enough of what it was told to be told more."""
        return len(self._events) < _MOST_UNREAD

    @property
    def has_nothing(self) -> bool:
        """Whether all that it was told has been sent."""
        return not self._events and self._progress is None

    def tell(self, events: Sequence[bytes], progress: bytes | None) -> None:
        """Note events, and the last progress, in place of an earlier one."""
        self._events += events
        self._progress = progress or self._progress
        if events or progress:
            self._awake.set()

    def end(self, *, finished: bool = False) -> None:
        """Nothing more will come; unless it is `finished`, the client is to ask again."""
        self.is_over = True
        self.is_finished = finished
        self._progress = None
        self._awake.set()

    async def next(self, patience: float) -> bytes:
        """What is to be sent, all in one piece; nothing if so many seconds pass before it comes."""
        # Cheaper than `asyncio.timeout`, one for each stream and event.
        timer = asyncio.get_running_loop().call_later(patience, self._awake.set)
        try:
            await self._awake.wait()
        finally:
            timer.cancel()
        if not self.is_over:
            self._awake.clear()
        had_room = self.has_room
        said = b"".join(self._events) + (self._progress or b"")
        self._events.clear()
        self._progress = None
        if not had_room:
            self._on_room()
        return said
