"""Documents: the gateway keeps them, and the sync-worker keeps a downstream chatbot in step.

The gateway's endpoints issue these jobs; nobody else may. All documents of a customer share one
counter of versions: every change takes the next number, the job's `desired_version`, so that any
two of them have an order.
Whoever applies a job must therefore

- write a document only if its version is above the one it holds, and above the versions of the
  last deletions that cover it (all of the customer's, or all of the document's source);
- delete only what has a version below that of the deletion, and remember the deletion's version.

A job that comes too late changes nothing and succeeds with `superseded_by`, the version that is
there.
"""

from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from warren.contracts.artifact import ArtifactRef
from warren.contracts.events import Event
from warren.contracts.job import Job
from warren.contracts.status import ErrorInfo

#: Characters of the name under which documents are grouped, shown and deleted.
MAX_SOURCE = 200
#: Bytes of an original, uploaded or fetched.
MAX_DOCUMENT_BYTES = 50 * 1024 * 1024
MAX_URL = 2000
#: Documents that one deletion of a source names.
MAX_MOVED = 1_000

Version = Annotated[int, Field(ge=1)]
Source = Annotated[str, Field(min_length=1, max_length=MAX_SOURCE)]
#: `superseded_by` of a result: nothing was changed, because this version, or a later one, is there.
#: It may be our own number with another content: then another gateway has written it, or this one
#: before it was restored from a backup.
SupersededBy = Annotated[int, Field(ge=1)]


class UploadDocumentText(Job):
    """Bring a plain text to the chatbot; `artifact` is its text, in UTF-8."""

    kind: ClassVar[str] = "document.upload_text"

    customer_id: UUID
    document_id: UUID
    desired_version: Version
    source: Source
    artifact: ArtifactRef
    metadata: dict[str, Any] = {}


class UploadDocumentFile(Job):
    """Extract the text of a file and bring it to the chatbot.

    The media type of `artifact` is what the gateway recognised by the file's content.
    """

    kind: ClassVar[str] = "document.upload_file"

    customer_id: UUID
    document_id: UUID
    desired_version: Version
    source: Source
    artifact: ArtifactRef
    metadata: dict[str, Any] = {}


class UploadDocumentUrl(Job):
    """Fetch a public address, extract the text of what is there and bring it to the chatbot."""

    kind: ClassVar[str] = "document.upload_url"

    customer_id: UUID
    document_id: UUID
    desired_version: Version
    source: Source
    url: Annotated[str, Field(min_length=1, max_length=MAX_URL)]
    metadata: dict[str, Any] = {}


class DeleteAllDocuments(Job):
    """Delete what the chatbot has of the customer's documents below this version."""

    kind: ClassVar[str] = "document.delete_all"

    customer_id: UUID
    desired_version: Version


class DeleteDocumentsBySource(Job):
    """Delete what the chatbot has of the customer's documents of a source below this version.

    `moved` names documents of the source that it may still have under another one.
    """

    kind: ClassVar[str] = "document.delete_by_source"

    customer_id: UUID
    source: Source
    desired_version: Version
    moved: Annotated[list[UUID], Field(max_length=MAX_MOVED)] = []


class TriggerReindex(Job):
    """Let the chatbot build its index anew from the documents that it has of the customer.

    `desired_version` counts a customer's reindexes, and has nothing to do with the documents' own.
    """

    kind: ClassVar[str] = "document.trigger_reindex"

    customer_id: UUID
    desired_version: Version


class UploadedDocument(BaseModel):
    """A document that the chatbot has now.

    `text` is what was extracted, in UTF-8, and `characters` its length; `original` is what was
    fetched from an address; `language` is an ISO 639-1 code, where it could be told. With
    `superseded_by` nothing was done, and what was not needed for finding that out is missing.
    """

    document_id: UUID
    version: int
    superseded_by: SupersededBy | None = None
    text: ArtifactRef | None = None
    original: ArtifactRef | None = None
    media_type: str | None = None
    characters: Annotated[int, Field(ge=0)] | None = None
    language: str | None = None
    #: In which the original stood, where its format does not say it by itself.
    encoding: str | None = None


class DeletedDocuments(BaseModel):
    """`deleted`: how many documents the chatbot no longer has, where it says so.

    `newer` is the newest version of those that it kept because they are newer than the deletion.
    """

    version: int
    superseded_by: SupersededBy | None = None
    newer: Version | None = None
    deleted: Annotated[int, Field(ge=0)] | None = None


class TriggeredReindex(BaseModel):
    """The chatbot has begun to build its index anew; `superseded_by`: a later one has begun."""

    version: int
    superseded_by: SupersededBy | None = None


class DocumentSynced(Event):
    """The chatbot has the document `id` in this version."""

    type: ClassVar[str] = "document.synced.v1"

    customer_id: UUID
    id: UUID
    version: int


class DocumentFailed(Event):
    """The document `id` could not be brought to the chatbot in this version, for good."""

    type: ClassVar[str] = "document.failed.v1"

    customer_id: UUID
    id: UUID
    version: int
    error: ErrorInfo
