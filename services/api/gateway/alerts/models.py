"""Table `alerts`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Text
from sqlmodel import Field, SQLModel

_Moment = DateTime(timezone=True)


class Alert(SQLModel, table=True):
    """Something that needs a person; at most one open alert per name and subject."""

    __tablename__ = "alerts"

    id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    message: str = Field(sa_type=Text)
    raised_at: datetime = Field(sa_type=_Moment)
    cleared_at: datetime | None = Field(sa_type=_Moment)
