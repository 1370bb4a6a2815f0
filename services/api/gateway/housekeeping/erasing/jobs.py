"""Erasing a customer, as a job: tracked, throttled, and ended by a cancellation."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from warren.contracts.job import Job


class EraseCustomer(Job):
    """Erase a customer with all that is kept of it.

    `emptying` are tasks that delete what it has in the chatbot and in the search index: its own
    rows stay until these have ended.
    """

    kind: ClassVar[str] = "api.erase_customer"

    customer_id: UUID
    emptying: Annotated[list[UUID], Field(max_length=16)] = []


class ErasedCustomer(BaseModel):
    """How much of each has gone in the last run.

    `left_elsewhere` are kinds of emptying tasks that have failed.
    """

    customer_id: UUID
    cancelled_tasks: int
    tasks: int
    artifacts: int
    books: int
    documents: int
    faqs: int
    keys: int
    left_elsewhere: list[str]
