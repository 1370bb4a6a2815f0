"""What the business needs of the outside: an index, an embedder, and a place for vectors."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from warren.contracts.catalogue_item import EntityKind
from warren.contracts.search import SearchFilters

#: Numbers of a vector, of length 1.
DIMENSIONS = 384
Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Embedded:
    """A vector and the model that made it; vectors of different models do not compare."""

    vector: Vector
    model: str


@dataclass(frozen=True, slots=True)
class DocumentWrite:
    """One item in one version; without an item its tombstone."""

    customer_id: UUID
    id: str
    version: int
    item: Mapping[str, Any] | None
    embedded: Embedded | None = None

    @property
    def rank(self) -> int:
        """Orders all writes of a document: the vector of a version comes after its text."""
        return rank_of(self.version, with_vector=self.embedded is not None)


def rank_of(version: int, *, with_vector: bool) -> int:
    """The version that an index keeps; of two writes the higher one stands."""
    return 2 * version + with_vector


class Outcome(StrEnum):
    """What came of a write. `postponed`: the index had no time for it, though for others."""

    APPLIED = "applied"
    SUPERSEDED = "superseded"
    REFUSED = "refused"
    POSTPONED = "postponed"


@dataclass(frozen=True, slots=True)
class WriteOutcome:
    """`version` is what the index has now; `field` and `reason` say why it refused."""

    outcome: Outcome
    version: int
    reason: str = ""
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a question may see, whatever it asks."""

    customer_id: UUID
    floor: int = 0
    filters: SearchFilters = field(default_factory=SearchFilters)


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """What the index holds of an item; no item is a tombstone."""

    id: str
    version: int
    item: Mapping[str, Any] | None
    has_vector: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """An item that was found."""

    id: str
    version: int
    score: float
    item: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """Some of all that was found, best first."""

    hits: Sequence[Hit]
    total: int


class CatalogueIndex(Protocol):
    """One search index for each kind; any thread may use it.

    All methods raise IndexUnavailable, IndexFailed or IndexRefused.
    """

    def write(self, kind: EntityKind, writes: Sequence[DocumentWrite]) -> list[WriteOutcome]:
        """Apply each write unless the index has one of the same or a higher rank.

        Outcomes stand in the order of the writes; the same version again is `applied`. What is
        applied survives a crash and is found soon; one bad document keeps no other from it.
        """

    def read(
        self, kind: EntityKind, customer_id: UUID, ids: Sequence[str]
    ) -> dict[str, StoredDocument]:
        """What is held of these ids now, by id; also what no search can find yet."""

    def clean(self, kind: EntityKind, customer_id: UUID, floor: int) -> int:
        """Delete all of a customer's documents at versions up to `floor`; returns how many."""

    def forget(self, kind: EntityKind, customer_id: UUID, version: int) -> int:
        """Delete a customer's tombstones at versions up to `version`; returns how many."""

    def search_words(
        self, kind: EntityKind, scope: Scope, terms: Sequence[str], limit: int, offset: int
    ) -> Found:
        """By words; typing errors are forgiven. Without terms: everything, newest first."""

    def search_near(self, kind: EntityKind, scope: Scope, question: Embedded, limit: int) -> Found:
        """The items whose vectors of the same model are nearest."""

    def scan(self, kind: EntityKind, customer_id: UUID, floor: int = 0) -> Iterator[StoredDocument]:
        """All documents above the floor, tombstones too, ordered by id, without their items."""

    def count(self, kind: EntityKind, scope: Scope) -> int:
        """How many items a question could find."""

    def name(self, kind: EntityKind) -> str:
        """Of the version of the index that takes writes."""

    def refresh(self, kind: EntityKind) -> None:
        """Let searches find all that was written."""

    def check(self) -> None:
        """Return if the index could take a write now."""

    def close(self) -> None:
        """Give up connections and files."""


class Embedder(Protocol):
    """Turns texts into vectors of length 1 with DIMENSIONS numbers.

    Raises Unavailable, TransientError or PermanentError.
    """

    @property
    def model(self) -> str:
        """Changes when its vectors no longer compare to earlier ones."""

    def passages(self, texts: Sequence[str]) -> list[Vector]:
        """One for each text, in order."""

    def question(self, text: str) -> Vector:
        """Of what somebody searches for."""


class VectorCache(Protocol):
    """Vectors by the content that they were made from. Raises what a CatalogueIndex raises."""

    def get(self, keys: Sequence[str]) -> dict[str, Vector]:
        """Those that are known."""

    def put(self, vectors: Mapping[str, Vector]) -> None:
        """Keep them, for all processes."""
