"""What the endpoints of FAQs take and answer."""

import hashlib
import unicodedata
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from gateway.problems import InvalidFields
from gateway.reconciling.schemas import SyncAccepted, SyncView
from gateway.tasks.envelope import field_errors
from warren.contracts.faqs import MAX_FILES, Answer, Question


class FaqBody(BaseModel):
    """The body of `POST /api/v1/mobile-faq`, and of `PUT`: `files` are ids of one's artifacts."""

    model_config = ConfigDict(extra="forbid", strict=True)

    question: Question
    answer: Answer
    files: Annotated[
        list[Annotated[UUID, Field(strict=False)]], Field(max_length=MAX_FILES, strict=False)
    ] = []

    @field_validator("question", "answer")
    @classmethod
    def _is_text(cls, text: str) -> str:
        for place, character in enumerate(text):
            if character not in "\t\n\r" and unicodedata.category(character) == "Cc":
                raise ValueError(f"is no text: it has U+{ord(character):04X} at place {place}")
        # As every file format can keep it.
        return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_faq(body: dict[str, Any]) -> FaqBody:
    """Check the body; a null counts as absent. Raises InvalidFields."""
    given = {name: value for name, value in body.items() if value is not None}
    try:
        return FaqBody.model_validate(given)
    except ValidationError as error:
        raise InvalidFields(field_errors(error, FaqBody)) from error


def question_key(question: str) -> str:
    """What two questions share that are the same but for case and spaces."""
    plain = " ".join(question.split()).casefold()
    return hashlib.sha256(plain.encode()).hexdigest()


class FaqAccepted(SyncAccepted):
    """An FAQ that was accepted, changed or deleted."""

    faq_id: UUID


class FaqsDeleted(SyncAccepted):
    """A deletion that was accepted; `deleted` FAQs are gone from the lists already."""

    deleted: int


class FileView(BaseModel):
    """A file of an FAQ; `url` needs no key until it expires. `size` in bytes."""

    artifact_id: UUID
    name: str
    media_type: str
    size: int
    url: str
    expires_at: datetime | None


class FaqView(SyncView):
    """A question with its answer; `import_row` is its row in the file it came from."""

    faq_id: UUID
    question: str
    answer: str
    files: list[FileView]
    import_id: UUID | None
    import_row: int | None
    created_at: datetime
    updated_at: datetime


class FaqList(BaseModel):
    """Newest first."""

    items: list[FaqView]
    next_cursor: str | None = None


class SkippedRow(BaseModel):
    """A row that is not imported: it says what is there already (`faq_id`), or in another row."""

    row: int
    reason: str
    faq_id: UUID | None = None
    same_as_row: int | None = None


class ImportReport(BaseModel):
    """What an import does: `duplicates` and `unchanged` rows are left out."""

    rows: int
    creates: int
    updates: int
    unchanged: int
    duplicates: list[SkippedRow]


class ImportChecked(ImportReport):
    """The answer to a dry run: nothing was written."""

    dry_run: bool = True


class ImportAccepted(SyncAccepted, ImportReport):
    """An import that was accepted; `task_ids` are those of its chunks."""

    import_id: UUID
    task_ids: list[UUID]


class ImportRow(BaseModel):
    """A row of an import that the chatbot has refused."""

    row: int
    faq_id: UUID
    error: dict[str, Any] | None


class ImportView(BaseModel):
    """How far an import is: its FAQs by how far the chatbot is in step, and what was refused."""

    import_id: UUID
    rows: int
    pending: int
    synced: int
    failed: int
    errors: list[ImportRow]
