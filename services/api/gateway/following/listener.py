"""One stream's side of the feed: what it has to send next."""

import asyncio
from collections.abc import Sequence

#: Events that a client leaves unread before it is cut off; it can go on where it stood.
_MOST_UNREAD = 2_000


class Listener:
    """Collects what is new about a task until its stream sends it.

    `told` is the id of the last event that it was given; None: it wants the last generation, and
    nothing that comes late of those before `generation`.
    """

    def __init__(self, told: int | None) -> None:
        self.told = told
        self.generation = 0
        self.is_new = True
        #: Nothing more will come.
        self.is_over = False
        #: Because the task has ended, or is there no more.
        self.is_finished = False
        self._events: list[bytes] = []
        self._progress: bytes | None = None
        self._awake = asyncio.Event()

    def tell(self, events: Sequence[bytes], progress: bytes | None) -> None:
        """Note events, and the last progress, in place of an earlier one."""
        self.is_new = False
        if len(self._events) > _MOST_UNREAD:
            self.is_over = True
        if not self.is_over:
            self._events += events
            self._progress = progress or self._progress
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
        said = b"".join(self._events) + (self._progress or b"")
        self._events.clear()
        self._progress = None
        return said
