"""The job by which the index forgets tombstones that nothing can run into any more."""

from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel

from warren.contracts.catalogue import Version
from warren.contracts.catalogue_item import EntityKind
from warren.contracts.job import Job


class ForgetTombstones(Job):
    """Delete a customer's tombstones of this kind at versions up to `up_to`, inclusive.

    The housekeeper asks for it once no task with a version up to there lives or can start again.
    """

    kind: ClassVar[str] = "catalogue.forget_tombstones"

    customer_id: UUID
    entity_kind: EntityKind
    up_to: Version


class TombstonesForgotten(BaseModel):
    """How many there were."""

    entity_kind: EntityKind
    forgotten: int
