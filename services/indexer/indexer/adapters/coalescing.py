"""Writes of several threads as one: what comes while a write is under way goes together next."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from indexer.ports import (
    CatalogueIndex,
    DocumentWrite,
    Embedded,
    Found,
    Scope,
    StoredDocument,
    WriteOutcome,
)
from warren.contracts.catalogue_item import EntityKind
from warren.errors import JobCancelled, TimeLimitExceeded

#: Documents of one write. Who has more goes alone.
_MOST = 500

Write = Callable[[Sequence[DocumentWrite]], list[WriteOutcome]]


@dataclass(slots=True, eq=False)
class _Request:
    writes: Sequence[DocumentWrite]
    done: bool = False
    outcomes: list[WriteOutcome] | None = None
    error: Exception | None = None


class Coalescing:
    """Each caller gets the outcomes of its own writes, or the error that ended the common write.

    Nobody waits for company: a lonely write is made at once, by its own thread. Nor does anybody
    whose write is done wait for the next one: it would be missed among those that follow.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._changed = threading.Condition()
        self._busy = False
        self.waiting: list[_Request] = []

    def write(self, writes: Sequence[DocumentWrite]) -> list[WriteOutcome]:
        """Outcomes in the order of the writes; raises what the write below raises."""
        if len(writes) > _MOST:
            return self._write(writes)
        request = _Request(writes)
        with self._changed:
            self.waiting.append(request)
        try:
            while batch := self._turn(request):
                self._write_together(request, batch)
        finally:
            # A job may be ended while it waits.
            with self._changed:
                if request in self.waiting:
                    self.waiting.remove(request)
        if request.error is not None:
            raise request.error
        return request.outcomes or []

    def _turn(self, request: _Request) -> list[_Request]:
        """Wait until somebody has made this write, or until it is one's turn to make the next."""
        with self._changed:
            # Those that write are held to the index's time-outs.
            self._changed.wait_for(lambda: request.done or not self._busy)
            if request.done:
                return []
            self._busy = True
            return self._next()

    def _write_together(self, mine: _Request, batch: list[_Request]) -> None:
        try:
            outcomes = self._write([write for request in batch for write in request.writes])
        except (TimeLimitExceeded, JobCancelled):
            # That is about the job of this thread alone: others make the writes of theirs.
            self._over(mine, batch)
            raise
        except Exception as error:  # noqa: BLE001 - raised again by each whom it concerns
            for request in batch:
                request.error, request.done = error, True
        else:
            begin = 0
            for request in batch:
                request.outcomes = outcomes[begin : begin + len(request.writes)]
                request.done = True
                begin += len(request.writes)
        self._over(mine, batch)

    def _over(self, mine: _Request, batch: list[_Request]) -> None:
        with self._changed:
            self.waiting[:0] = [each for each in batch if not each.done and each is not mine]
            self._busy = False
            self._changed.notify_all()

    def _next(self) -> list[_Request]:
        taken: list[_Request] = []
        size = 0
        for request in self.waiting:
            if taken and size + len(request.writes) > _MOST:
                break
            taken.append(request)
            size += len(request.writes)
        del self.waiting[: len(taken)]
        return taken


class CoalescingIndex:
    """A `CatalogueIndex` that is another one, with the writes of each kind put together."""

    def __init__(self, index: CatalogueIndex) -> None:
        self._index = index
        self._writes = {kind: Coalescing(partial(index.write, kind)) for kind in EntityKind}

    def write(self, kind: EntityKind, writes: Sequence[DocumentWrite]) -> list[WriteOutcome]:
        return self._writes[kind].write(writes)

    def read(
        self, kind: EntityKind, customer_id: UUID, ids: Sequence[str]
    ) -> dict[str, StoredDocument]:
        return self._index.read(kind, customer_id, ids)

    def clean(self, kind: EntityKind, customer_id: UUID, floor: int) -> int:
        return self._index.clean(kind, customer_id, floor)

    def forget(self, kind: EntityKind, customer_id: UUID, version: int) -> int:
        return self._index.forget(kind, customer_id, version)

    def search_words(
        self, kind: EntityKind, scope: Scope, terms: Sequence[str], limit: int, offset: int
    ) -> Found:
        return self._index.search_words(kind, scope, terms, limit, offset)

    def search_near(self, kind: EntityKind, scope: Scope, question: Embedded, limit: int) -> Found:
        return self._index.search_near(kind, scope, question, limit)

    def scan(self, kind: EntityKind, customer_id: UUID, floor: int = 0) -> Iterator[StoredDocument]:
        return self._index.scan(kind, customer_id, floor)

    def count(self, kind: EntityKind, scope: Scope) -> int:
        return self._index.count(kind, scope)

    def name(self, kind: EntityKind) -> str:
        return self._index.name(kind)

    def refresh(self, kind: EntityKind) -> None:
        self._index.refresh(kind)

    def check(self) -> None:
        self._index.check()

    def close(self) -> None:
        self._index.close()
