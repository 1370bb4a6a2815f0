"""Table `subscriptions`."""

from datetime import datetime

from sqlalchemy import DateTime, Text
from sqlmodel import Field, SQLModel

_Moment = DateTime(timezone=True)


class Subscription(SQLModel, table=True):
    """A kind that becomes a task for each event of a type; columns as in migration 0006."""

    __tablename__ = "subscriptions"

    event_type: str = Field(primary_key=True, sa_type=Text)
    kind: str = Field(primary_key=True, sa_type=Text)
    version: int
    envelope: bool
    service: str = Field(sa_type=Text)
    release: str = Field(sa_type=Text)
    defined_at: datetime = Field(sa_type=_Moment)
    announced_at: datetime = Field(sa_type=_Moment)
    retired_at: datetime | None = Field(sa_type=_Moment)
    retired_because: str | None = Field(sa_type=Text)
