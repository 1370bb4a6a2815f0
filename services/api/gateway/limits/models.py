"""Tables `rate_limits` and `key_usage`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Double, Text
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


class KeyUsage(SQLModel, table=True):
    """What gateways have leased of a key's quota, as far as not drained by then; the last lease."""

    __tablename__ = "key_usage"

    key_id: UUID = Field(primary_key=True, foreign_key="api_keys.id")
    policy: str = Field(primary_key=True, sa_type=Text)
    counted_at: datetime = Field(sa_type=_Moment)
    used: float = Field(sa_type=Double)
    granted: int = Field(sa_type=BigInteger)
