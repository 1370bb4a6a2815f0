"""Table `faqs`; how far the chatbot is in step with each stands in `syncs`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

_Moment = DateTime(timezone=True)


class Faq(SQLModel, table=True):
    """A question with its answer; `files` are references to artifacts of the customer."""

    __tablename__ = "faqs"

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    question: str = Field(sa_type=Text)
    answer: str = Field(sa_type=Text)
    question_key: str = Field(sa_type=Text)
    files: list[dict[str, Any]] = Field(sa_type=JSONB)
    import_id: UUID | None
    import_row: int | None
    created_at: datetime = Field(sa_type=_Moment)
    updated_at: datetime = Field(sa_type=_Moment)
