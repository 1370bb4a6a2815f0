"""What the endpoints about customers take and answer."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from gateway.customers.customer_rows import CustomerRow
from gateway.customers.key_schemas import Limit, Name
from gateway.customers.keys import Plan

PlanName = Annotated[Plan, Field(strict=False)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class CustomerBody(_Body):
    """A customer that is to be made."""

    name: Name
    plan: PlanName = Plan.STANDARD


class CustomerChange(_Body):
    """What is to be different; `weight` is its part in fair sharing."""

    name: Name = ""
    plan: PlanName = Plan.STANDARD
    weight: Annotated[int, Field(ge=1, le=1000)] = 1
    waiting_limit: Limit | None = None


class CustomerView(BaseModel):
    """A tenant; `waiting_limit` null: as many tasks may wait as the gateway's setting says."""

    id: UUID
    name: str
    plan: Plan
    weight: int
    waiting_limit: int | None
    created_at: datetime

    @classmethod
    def of(cls, row: CustomerRow) -> Self:
        """The view of a row."""
        return cls.model_validate({name: getattr(row, name) for name in cls.model_fields})


class CustomerList(BaseModel):
    """Oldest first."""

    items: list[CustomerView]
    next_cursor: str | None
