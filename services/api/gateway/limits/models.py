"""Table `rate_limits`."""

from datetime import datetime

from sqlalchemy import DateTime, Double, Text
from sqlmodel import Field, SQLModel

_Moment = DateTime(timezone=True)


class RateLimit(SQLModel, table=True):
    """A token bucket of a kind and key, as warren/contracts/bucket.py reckons it."""

    __tablename__ = "rate_limits"

    bucket: str = Field(primary_key=True, sa_type=Text(collation="C"))
    tokens: float = Field(sa_type=Double)
    refilled_at: datetime = Field(sa_type=_Moment)
    unstarted: int
    full_at: datetime = Field(sa_type=_Moment)
