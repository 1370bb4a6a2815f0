"""What the chatbot says it has, so that the housekeeper can compare it with what it should have."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from warren.contracts.artifact import ArtifactRef
from warren.contracts.events import Event
from warren.contracts.job import Job

Collection = Literal["documents", "faqs"]
#: A line for each entry: its id and its version, as a JSON list.
VERSIONS_MEDIA_TYPE = "application/x-ndjson"


class ListVersions(Job):
    """Ask the chatbot for ids and versions of all of a customer's documents, or FAQs."""

    kind: ClassVar[str] = "sync.list_versions"

    customer_id: UUID
    collection: Collection


class ListedVersions(BaseModel):
    """How many there are."""

    count: int


class VersionsListed(Event):
    """The chatbot had at least these `versions` when the listing began, at `listed_at`."""

    type: ClassVar[str] = "sync.versions_listed.v1"

    customer_id: UUID
    collection: Collection
    listed_at: AwareDatetime
    versions: ArtifactRef
