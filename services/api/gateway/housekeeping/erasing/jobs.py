"""Erasing a customer, as a job: tracked, throttled, and ended by a cancellation."""

from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel

from warren.contracts.job import Job


class EraseCustomer(Job):
    """Erase a customer with all that is kept of it, also in the chatbot and in the search index."""

    kind: ClassVar[str] = "api.erase_customer"

    customer_id: UUID


class ErasedCustomer(BaseModel):
    """How much of each has gone in the last run.

    `left_elsewhere` are kinds of tasks that should have deleted what other systems have, and have
    not.
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
