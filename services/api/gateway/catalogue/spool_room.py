"""How much the bodies of bulks may take of the disk, together and of one customer."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from gateway.problems import SpoolFull


@dataclass(slots=True)
class Spooling:
    """One body; its owner says how much has come."""

    room: "SpoolRoom"
    customer_id: UUID
    size: int = 0

    def grow(self, more: int) -> None:
        """So many more bytes are to be kept; raises SpoolFull if there is no room for them."""
        self.room.take(self.customer_id, more)
        self.size += more


class SpoolRoom:
    """Of one process, within its event loop. One customer may have half of it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken: Counter[UUID] = Counter()

    @contextmanager
    def spooling(self, customer_id: UUID) -> Iterator[Spooling]:
        """Room for one body, given back at the end of the block."""
        body = Spooling(self, customer_id)
        try:
            yield body
        finally:
            self._taken[customer_id] -= body.size
            if not self._taken[customer_id]:
                del self._taken[customer_id]

    def take(self, customer_id: UUID, size: int) -> None:
        """Raises SpoolFull."""
        mine, all_ = self._taken[customer_id] + size, self._taken.total() + size
        if mine > self._limit // 2:
            raise SpoolFull("other bulks of yours are under way: send this one after them")
        if all_ > self._limit:
            raise SpoolFull("too many bulks are under way; try again in a while")
        self._taken[customer_id] += size
