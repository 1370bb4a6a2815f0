"""What is known of catalogues, documents and FAQs: by clients, gateway, index and chatbot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.evidence.answered import Answered


@dataclass(frozen=True, slots=True)
class Write(Answered):
    """What a client asked for, and was told; without a code nobody knows what was done.

    `collection` is a kind of items, `documents` or `faqs`; `id` is None where many are meant.
    """

    number: int
    customer: str
    collection: str
    action: str
    id: str | None = None
    content: Mapping[str, Any] | None = None
    code: int | None = None
    told: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tasks(self) -> list[str]:
        """The tasks that it was told of."""
        given = [self.told.get("task_id"), *self.told.get("members", [])]
        return [task for task in (*given, *self.told.get("task_ids", [])) if task]


@dataclass(frozen=True, slots=True)
class Kept:
    """An entity as one side has it: `content` is None for a tombstone.

    `followed` is the version that the other side is said to have; `hash` of a document's text.
    """

    customer: str
    collection: str
    id: str
    version: int
    content: Mapping[str, Any] | None
    followed: int | None = None
    state: str = "synced"
    hash: str | None = None

    @property
    def place(self) -> tuple[str, str, str]:
        """Whose, of which collection, and its id."""
        return self.customer, self.collection, self.id


@dataclass(frozen=True, slots=True)
class Floor:
    """All of a customer's kind up to `version` is deleted; the index has cleaned to `followed`."""

    customer: str
    collection: str
    version: int
    followed: int


@dataclass(frozen=True, slots=True)
class Applied:
    """A line of the chatbot's journal."""

    customer: str
    collection: str
    id: str
    version: int
    operation: str


@dataclass(frozen=True, slots=True)
class ServiceEvidence:
    """All of it; empty for a run without services."""

    writes: Sequence[Write] = ()
    items: Sequence[Kept] = ()
    floors: Sequence[Floor] = ()
    indexed: Sequence[Kept] = ()
    #: Documents and FAQs of the gateway, and what is done to many at once (of no content).
    entities: Sequence[Kept] = ()
    scopes: Sequence[Kept] = ()
    told: Sequence[Kept] = ()
    applied: Sequence[Applied] = ()
