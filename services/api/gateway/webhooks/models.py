"""Tables `webhook_endpoints`, `webhook_secrets`, `webhook_deliveries` and `webhook_hosts`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Column, DateTime, Text
from sqlmodel import Field, SQLModel

_Moment = DateTime(timezone=True)


class WebhookEndpoint(SQLModel, table=True):
    """An address that is told of all tasks of its customer; columns as in migrations 0020, 0022."""

    __tablename__ = "webhook_endpoints"

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    url: str = Field(sa_type=Text)
    events: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    description: str | None = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=_Moment)
    updated_at: datetime = Field(sa_type=_Moment)
    enabled_at: datetime = Field(sa_type=_Moment)
    moved_at: datetime | None = Field(sa_type=_Moment)
    disabled_at: datetime | None = Field(sa_type=_Moment)
    disabled_because: str | None = Field(sa_type=Text)
    last_success_at: datetime | None = Field(sa_type=_Moment)


class StoredWebhookSecret(SQLModel, table=True):
    """What messages of an endpoint, or to URLs of a customer's tasks, are signed by; sealed."""

    __tablename__ = "webhook_secrets"

    owner_id: UUID = Field(primary_key=True)
    sealed: str = Field(sa_type=Text)
    previous: str | None = Field(sa_type=Text)
    previous_until: datetime | None = Field(sa_type=_Moment)
    created_at: datetime = Field(sa_type=_Moment)


class WebhookDelivery(SQLModel, table=True):
    """A message to one receiver; the task of the same id delivers it."""

    __tablename__ = "webhook_deliveries"

    number: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    id: UUID = Field(unique=True)
    customer_id: UUID
    endpoint_id: UUID | None
    message_id: str = Field(sa_type=Text)
    type: str = Field(sa_type=Text)
    task_id: UUID | None
    created_at: datetime = Field(sa_type=_Moment)


class WebhookHost(SQLModel, table=True):
    """A host that a customer is told at, and whether its last answer came soon.

    `is_settled`: what waits for it takes the places of that by now.
    """

    __tablename__ = "webhook_hosts"

    customer_id: UUID = Field(primary_key=True)
    host: str = Field(primary_key=True, sa_type=Text)
    is_prompt: bool
    is_settled: bool
    noted_at: datetime = Field(sa_type=_Moment)
