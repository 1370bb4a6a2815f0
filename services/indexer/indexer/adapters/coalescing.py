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

#: Documents of one write. Who has more goes alone.
_MOST = 500

Write = Callable[[Sequence[DocumentWrite]], list[WriteOutcome]]


@dataclass(slots=True)
class _Request:
    writes: Sequence[DocumentWrite]
    done: bool = False
    outcomes: list[WriteOutcome] | None = None
    error: Exception | None = None


class Coalescing:
    """Each caller gets the outcomes of its own writes, or the error that ended the common write.

    Nobody waits for company: a lonely write is made at once, by its own thread.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._writing = threading.Lock()
        self._guard = threading.Lock()
        self.waiting: list[_Request] = []

    def write(self, writes: Sequence[DocumentWrite]) -> list[WriteOutcome]:
        """Outcomes in the order of the writes; raises what the write below raises."""
        if len(writes) > _MOST:
            return self._write(writes)
        request = _Request(writes)
        with self._guard:
            self.waiting.append(request)
        with self._writing:
            while not request.done:
                self._write_next()
        if request.error is not None:
            raise request.error
        return request.outcomes or []

    def _write_next(self) -> None:
        batch = self._next()
        try:
            outcomes = self._write([write for request in batch for write in request.writes])
        except Exception as error:  # noqa: BLE001 - raised again by each whom it concerns
            for request in batch:
                request.error = error
        else:
            begin = 0
            for request in batch:
                request.outcomes = outcomes[begin : begin + len(request.writes)]
                begin += len(request.writes)
        for request in batch:
            request.done = True

    def _next(self) -> list[_Request]:
        with self._guard:
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
