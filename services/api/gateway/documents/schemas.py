"""What the endpoints of documents take and answer."""

from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from gateway.problems import InvalidFields
from gateway.reconciling.schemas import SyncAccepted, SyncView
from gateway.tasks.envelope import MAX_METADATA_BYTES, field_errors
from warren.contracts.documents import MAX_SOURCE

ModelT = TypeVar("ModelT", bound=BaseModel)

#: Characters that no text of a person has.
_CONTROLS = {chr(code) for code in range(32)} - set("\t\n\r\f") | {"\x7f"}


class _Upload(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    #: Under which documents are grouped, shown and deleted.
    source: Annotated[str, Field(min_length=1, max_length=MAX_SOURCE)]
    metadata: dict[str, Any] = {}
    #: One's own document that is replaced by this one.
    document_id: Annotated[UUID, Field(strict=False)] | None = None

    @field_validator("source")
    @classmethod
    def _is_printable(cls, source: str) -> str:
        if not source.strip() or not source.isprintable():
            raise ValueError("must be printable, and not blank")
        return source

    @field_validator("metadata")
    @classmethod
    def _is_small(cls, metadata: dict[str, Any]) -> dict[str, Any]:
        try:
            size = len(orjson.dumps(metadata))
        except TypeError as error:
            raise ValueError(f"cannot be kept as JSON: {error}") from error
        if size > MAX_METADATA_BYTES:
            raise ValueError(f"must have at most {MAX_METADATA_BYTES} bytes")
        return metadata


class TextUpload(_Upload):
    """The body of `POST /api/v1/documents/upload-text`."""

    text: Annotated[str, Field(min_length=1)]
    name: Annotated[str, Field(min_length=1, max_length=255)] | None = None

    @field_validator("text")
    @classmethod
    def _is_text(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("must not be blank")
        for place, character in enumerate(text):
            if character in _CONTROLS:
                raise ValueError(f"is no text: it has U+{ord(character):04X} at place {place}")
        return text


class UrlUpload(_Upload):
    """The body of `POST /api/v1/documents/upload-url`; gateway.documents.urls looks at it."""

    url: str


class FileUpload(_Upload):
    """The fields beside the file in `POST /api/v1/documents/upload-file`; metadata is JSON."""

    @field_validator("metadata", mode="before")
    @classmethod
    def _is_json(cls, metadata: Any) -> Any:
        if not isinstance(metadata, str):
            return metadata
        try:
            return orjson.loads(metadata or "{}")
        except orjson.JSONDecodeError as error:
            raise ValueError(f"is not JSON: {error}") from error


def parse_upload(model: type[ModelT], body: dict[str, Any]) -> ModelT:
    """Check the body; a null counts as absent. Raises InvalidFields."""
    given = {name: value for name, value in body.items() if value is not None}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise InvalidFields(field_errors(error, model)) from error


class DocumentAccepted(SyncAccepted):
    """A document that was accepted."""

    document_id: UUID


class DocumentsDeleted(SyncAccepted):
    """A deletion that was accepted; `deleted` documents are gone from the lists already."""

    deleted: int


class Download(BaseModel):
    """A link that needs no key until it expires."""

    url: str
    expires_at: datetime | None


class DocumentView(SyncView):
    """A document; `text` is what was extracted of it, once it is synced."""

    document_id: UUID
    source: str
    origin: str
    name: str
    url: str | None
    metadata: dict[str, Any]
    media_type: str | None
    size: int | None
    sha256: str | None
    characters: int | None
    language: str | None
    created_at: datetime
    updated_at: datetime
    original: Download | None = None
    text: Download | None = None


class DocumentList(BaseModel):
    """Newest first."""

    items: list[DocumentView]
    next_cursor: str | None = None


class OriginalView(BaseModel):
    """The file of a document as it was uploaded or fetched; `size` in bytes."""

    document_id: UUID
    source: str
    name: str
    media_type: str
    size: int
    sha256: str
    created_at: datetime
    download: Download


class OriginalList(BaseModel):
    """Newest first; documents whose address was not fetched yet have none."""

    items: list[OriginalView]
    next_cursor: str | None = None


class SourceView(BaseModel):
    """A source with its documents, by how far the chatbot is in step."""

    source: str
    documents: int
    pending: int
    synced: int
    failed: int
    updated_at: datetime


class SourceList(BaseModel):
    """In alphabetical order."""

    items: list[SourceView]
    next_cursor: str | None = None
