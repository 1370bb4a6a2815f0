"""Tables `books`, `book_chapters` and `book_descriptions`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Double, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

_Moment = DateTime(timezone=True)


class Book(SQLModel, table=True):
    """`task_id` plans or processes it, or did so last; files are artifacts that it keeps."""

    __tablename__ = "books"

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    user_id: str | None = Field(sa_type=Text)
    title: str | None = Field(sa_type=Text)
    author: str | None = Field(sa_type=Text)
    language: str | None = Field(sa_type=Text)
    format: str = Field(sa_type=Text)
    file_name: str = Field(sa_type=Text)
    file_id: UUID
    options: dict[str, Any] = Field(sa_type=JSONB)
    state: str = Field(sa_type=Text)
    task_id: UUID
    error: dict[str, Any] | None = Field(sa_type=JSONB)
    repairs: list[str] = Field(sa_type=JSONB)
    total_chapters: int
    words: int = Field(sa_type=BigInteger)
    characters: int = Field(sa_type=BigInteger)
    descriptions_found: int
    result: dict[str, Any] | None = Field(sa_type=JSONB)
    descriptions_id: UUID | None
    locations_id: UUID | None
    locations_count: int
    cache_id: UUID | None
    cache: dict[str, Any] | None = Field(sa_type=JSONB)
    created_at: datetime = Field(sa_type=_Moment)
    updated_at: datetime = Field(sa_type=_Moment)
    processed_at: datetime | None = Field(sa_type=_Moment)


class DeletedBook(SQLModel, table=True):
    """A book that is gone: what its tasks still make is not kept."""

    __tablename__ = "deleted_books"

    id: UUID = Field(primary_key=True)
    deleted_at: datetime = Field(sa_type=_Moment)


class BookChapter(SQLModel, table=True):
    """A chapter by its number from 1; `included` ones are analysed."""

    __tablename__ = "book_chapters"

    book_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    title: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    level: int
    words: int
    characters: int
    cfi: str | None = Field(sa_type=Text)
    text_id: UUID
    included: bool
    descriptions_found: int


class BookDescription(SQLModel, table=True):
    """A description; `first_character` and `last_character` (exclusive) count in its chapter."""

    __tablename__ = "book_descriptions"

    id: UUID = Field(primary_key=True)
    book_id: UUID
    customer_id: UUID
    chapter: int
    first_character: int
    last_character: int
    cfi: str | None = Field(sa_type=Text)
    type: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    score: float = Field(sa_type=Double)
    confidence: float = Field(sa_type=Double)
    voters: list[str] = Field(sa_type=ARRAY(Text))
    details: dict[str, Any] = Field(sa_type=JSONB)
