"""What the business needs of the outside: a chatbot, texts of files, pages."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol
from uuid import UUID

from warren.contracts.webhooks import Answer

Collection = Literal["documents", "faqs"]


@dataclass(frozen=True, slots=True)
class DocumentContent:
    """A document as the chatbot gets it."""

    source: str
    text: str
    language: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FaqContent:
    """A FAQ as the chatbot gets it; `files` name and describe, they carry no content."""

    question: str
    answer: str
    files: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class FaqEntry:
    """One of several FAQs."""

    id: UUID
    version: int
    content: FaqContent


@dataclass(frozen=True, slots=True)
class Written:
    """What came of a write: with `superseded_by` the chatbot has seen that version, and kept it.

    That may be our own number with another content. `removed`: how many entries a deletion of
    several took away; `newer`: the newest version of those that it left, as they are newer.
    """

    superseded_by: int | None = None
    removed: int | None = None
    newer: int | None = None


@dataclass(frozen=True, slots=True)
class FaqOutcome:
    """What came of one of several; `refused` says why it was not taken."""

    id: UUID
    superseded_by: int | None = None
    refused: str | None = None


class Chatbot(Protocol):
    """Keeps documents and FAQs by customer, id and version, and refuses what is older.

    `key` is an idempotency key: the same call again under it changes nothing. Every method raises
    ProviderDown (not there, nothing was done), ProviderFailed (nobody knows) and ProviderRefused
    (never will).
    """

    def put_document(
        self, customer: UUID, id_: UUID, version: int, content: DocumentContent, key: str
    ) -> Written:
        """Make this the document's content."""

    def delete_document(self, customer: UUID, id_: UUID, version: int, key: str) -> Written:
        """Remove a document, whatever its source."""

    def delete_documents(
        self, customer: UUID, version: int, source: str | None, key: str
    ) -> Written:
        """Remove all documents below the version, of one source or of all."""

    def reindex(self, customer: UUID, key: str) -> None:
        """Have the chatbot answer from what it has now."""

    def put_faq(
        self, customer: UUID, id_: UUID, version: int, content: FaqContent, key: str
    ) -> Written:
        """Make this the FAQ's content."""

    def put_faqs(
        self, customer: UUID, entries: Sequence[FaqEntry], key: str
    ) -> Sequence[FaqOutcome]:
        """Write up to 500 FAQs; each has an outcome of its own, in the same order."""

    def delete_faq(self, customer: UUID, id_: UUID, version: int, key: str) -> Written:
        """Remove a FAQ."""

    def delete_faqs(self, customer: UUID, version: int, key: str) -> Written:
        """Remove all FAQs below the version."""

    def versions(self, customer: UUID, collection: Collection) -> Iterator[tuple[UUID, int]]:
        """Id and version of all that it has, in the order of the ids."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of a file; `encoding` is None for formats that say it themselves."""

    text: str
    media_type: str
    encoding: str | None = None


class TextReader(Protocol):
    """Gets the text out of files whose content, not their name, says what they are."""

    def read(self, path: Path, name: str, media_type: str) -> Extracted:
        """The text; `name` and `media_type` are what its sender called it.

        Raises FileRefused.
        """


class LanguageGuesser(Protocol):
    """Tells the language of a text."""

    def language(self, text: str) -> str | None:
        """ISO 639-1 code; None if the text does not say."""


@dataclass(frozen=True, slots=True)
class Page:
    """A fetched page: where it was found in the end, and what its server called it."""

    path: Path
    url: str
    name: str
    media_type: str


class PageFetcher(Protocol):
    """Fetches public pages."""

    def fetch(self, url: str, folder: Path) -> Page:
        """The page as a file in `folder`; raises UrlRefused, PageRefused, PageFailed."""


class MessagePoster(Protocol):
    """Posts messages to addresses of customers."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """What the receiver answered, redirects as well; raises UrlRefused, ReceiverFailed."""
