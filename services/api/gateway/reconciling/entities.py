"""What is kept in step, and in which states it can be."""

from enum import StrEnum
from uuid import UUID

from warren.contracts.ids import derived_id


class Domain(StrEnum):
    """What shares one counter of versions, of each customer."""

    DOCUMENTS = "documents"
    FAQS = "faqs"


class Entity(StrEnum):
    """One kind of thing: a document or an FAQ, or what is done to many at once."""

    DOCUMENT = "document"
    DOCUMENT_SOURCE = "document_source"
    DOCUMENTS = "documents"
    DOCUMENT_INDEX = "document_index"
    FAQ = "faq"
    FAQS = "faqs"

    @property
    def domain(self) -> Domain:
        """Whose versions count."""
        return Domain.FAQS if self in (Entity.FAQ, Entity.FAQS) else Domain.DOCUMENTS


class SyncState(StrEnum):
    """Whether the chatbot has what is desired: not yet, yes, or not until somebody acts."""

    PENDING = "pending"
    SYNCED = "synced"
    FAILED = "failed"


def scope_id(customer_id: UUID, entity: Entity, name: str = "") -> UUID:
    """The id of what is done to many at once: the same for the same customer, entity and name."""
    return derived_id(customer_id, f"sync:{entity.value}:{name}")
