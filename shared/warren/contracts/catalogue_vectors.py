"""Jobs that make vectors for items that are indexed as text; the indexer asks itself for them."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from warren.contracts.catalogue import ItemFailure, Version
from warren.contracts.catalogue_item import EntityId, EntityKind
from warren.contracts.job import Job
from warren.contracts.sealed import SealedText

#: Items of one job, so that it ends within minutes and fits into a message.
MOST_ENTITIES = 100


class Entity(BaseModel):
    """An item in the version that is to get a vector."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: EntityId
    entity_version: Version


class EmbedDocuments(Job):
    """Give items that the index has as text their vectors, unless they have moved on."""

    kind: ClassVar[str] = "catalogue.embed"

    customer_id: UUID
    entity_kind: EntityKind
    entities: Annotated[list[Entity], Field(min_length=1, max_length=MOST_ENTITIES)]
    api_key: SealedText | None = None


class EmbeddingResult(BaseModel):
    """`made` by a model, `known` from equal texts before, `skipped` as the item has moved on.

    Some of those that were made or known may be `refused` by the index: they have none.
    """

    entity_kind: EntityKind
    model: str
    made: int
    known: int
    skipped: int
    refused: Annotated[list[ItemFailure], Field(max_length=MOST_ENTITIES)] = []
