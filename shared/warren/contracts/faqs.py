"""Questions with answers: the gateway keeps them, the sync-worker keeps a chatbot in step.

The gateway's endpoints issue these jobs; nobody else may. Versions are as in
warren.contracts.documents, with a counter of their own: all FAQs of a customer share it, a write
or a deletion counts only if its version is above what is there and above the last deletion of all.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from warren.contracts.artifact import ArtifactRef
from warren.contracts.documents import SupersededBy, Version
from warren.contracts.events import Event
from warren.contracts.job import Job
from warren.contracts.texts import NOT_BLANK

#: Characters. Question, answer and files of one FAQ fit into a message.
MAX_QUESTION = 1_000
MAX_ANSWER = 10_000
MAX_FILES = 10
#: FAQs that one `faq.import` carries.
IMPORT_CHUNK = 500
#: The rows of an import: one `FaqRow` a line, as JSON in UTF-8.
FAQ_ROWS_MEDIA_TYPE = "application/x-ndjson"

Question = Annotated[str, Field(min_length=1, max_length=MAX_QUESTION, pattern=NOT_BLANK)]
Answer = Annotated[str, Field(min_length=1, max_length=MAX_ANSWER, pattern=NOT_BLANK)]
Files = Annotated[list[ArtifactRef], Field(max_length=MAX_FILES)]


class CreateFaq(Job):
    """Bring an FAQ to the chatbot which it does not have yet, as far as the gateway knows."""

    kind: ClassVar[str] = "faq.create"

    customer_id: UUID
    faq_id: UUID
    desired_version: Version
    question: Question
    answer: Answer
    files: Files = []


class UpdateFaq(Job):
    """Bring the newest question, answer and files of an FAQ to the chatbot."""

    kind: ClassVar[str] = "faq.update"

    customer_id: UUID
    faq_id: UUID
    desired_version: Version
    question: Question
    answer: Answer
    files: Files = []


class DeleteFaq(Job):
    """Delete an FAQ from the chatbot, if what it has is older than this version."""

    kind: ClassVar[str] = "faq.delete"

    customer_id: UUID
    faq_id: UUID
    desired_version: Version


class DeleteAllFaqs(Job):
    """Delete what the chatbot has of the customer's FAQs below this version."""

    kind: ClassVar[str] = "faq.delete_all"

    customer_id: UUID
    desired_version: Version


class ImportFaqs(Job):
    """Bring up to 500 FAQs to the chatbot at once; each line of `rows` is an `FaqRow`.

    `desired_version` is the highest among them; each row is written by its own.
    """

    kind: ClassVar[str] = "faq.import"

    customer_id: UUID
    import_id: UUID
    desired_version: Version
    rows: ArtifactRef
    count: Annotated[int, Field(ge=1, le=IMPORT_CHUNK)]


class FaqRow(BaseModel):
    """One FAQ of an import; `row` is its number in the customer's file, from 1."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    row: Annotated[int, Field(ge=1)]
    faq_id: UUID
    version: Version
    question: Question
    answer: Answer
    files: Files = []


class AppliedFaq(BaseModel):
    """The chatbot has the FAQ in this version, or no longer has it if the job deleted it."""

    faq_id: UUID
    version: int
    superseded_by: SupersededBy | None = None


class DeletedFaqs(BaseModel):
    """`deleted`: how many FAQs the chatbot no longer has, where it says so.

    `newer` is the newest version of those that it kept because they are newer than the deletion.
    """

    version: int
    superseded_by: SupersededBy | None = None
    newer: Version | None = None
    deleted: Annotated[int, Field(ge=0)] | None = None


class FaqRowError(BaseModel):
    """A row that the chatbot refused, while the others of the import were applied."""

    row: int
    faq_id: UUID
    message: Annotated[str, Field(max_length=200)]


class ImportedFaqs(BaseModel):
    """What became of the rows: all that are not `refused` are there, or were superseded.

    `overtaken` are those that were, and `superseded_by` is the newest version that has done it.
    `errors` explains the first fifty of those that were refused; so the result of any import stays
    small enough to be recorded as it is.
    """

    import_id: UUID
    version: int
    applied: Annotated[int, Field(ge=0)]
    superseded: Annotated[int, Field(ge=0)] = 0
    overtaken: Annotated[list[UUID], Field(max_length=IMPORT_CHUNK)] = []
    refused: Annotated[list[UUID], Field(max_length=IMPORT_CHUNK)] = []
    errors: Annotated[list[FaqRowError], Field(max_length=50)] = []
    superseded_by: SupersededBy | None = None


class FaqSynced(Event):
    """The chatbot has the FAQ `id` in this version, or has deleted it; an import says each one."""

    type: ClassVar[str] = "faq.synced.v1"

    customer_id: UUID
    id: UUID
    version: int
    deleted: bool = False
