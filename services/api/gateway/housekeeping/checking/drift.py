"""Once a day the chatbot is asked what it has, and that is compared with what it should have."""

from collections.abc import Iterator
from typing import ClassVar, get_args
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel

from gateway.housekeeping.config import HousekeepingSettings
from gateway.housekeeping.statistics.history import keep
from gateway.housekeeping.surroundings import database_of
from gateway.reconciling.drift import compare_versions
from gateway.reconciling.entities import Entity
from warren.contracts.artifact import ArtifactRef
from warren.contracts.chatbot_versions import Collection, ListVersions, VersionsListed
from warren.contracts.job import Job
from warren.contracts.kinds import Audience
from warren.contracts.lanes import Lane
from warren.worker import JobContext, Worker
from warren.worker.subscribing import on

_CUSTOMERS = "SELECT DISTINCT customer_id FROM syncs ORDER BY customer_id"
_ENTITIES: dict[Collection, Entity] = {"documents": Entity.DOCUMENT, "faqs": Entity.FAQ}


class CheckDrift(Job):
    """Compare, for each customer, what the chatbot has with what it should have."""

    kind: ClassVar[str] = "api.check_drift"


class DriftCheck(BaseModel):
    """For how many customers the chatbot is asked; each answer is compared by a task of its own."""

    customers: int


class CompareVersions(Job):
    """Compare what the chatbot has said with what it should have had then."""

    kind: ClassVar[str] = "api.compare_versions"

    customer_id: UUID
    collection: Collection
    listed_at: AwareDatetime
    versions: ArtifactRef


class DriftReport(BaseModel):
    """How many entries differ, and the first ids of each sort: missing, behind, ahead, strange."""

    customer_id: UUID
    collection: Collection
    listed_at: AwareDatetime
    counts: dict[str, int]
    ids: dict[str, list[UUID]]


class CheckDriftWorker(Worker[CheckDrift, DriftCheck]):
    """Repeated, it asks for the same listings."""

    audience = Audience.OPERATOR
    lane = Lane.LOW
    cron_schedule = "30 4 * * *"

    def perform(self, job: CheckDrift, context: JobContext) -> DriftCheck:
        with database_of(HousekeepingSettings()) as connection:
            customers = [row[0] for row in connection.execute(_CUSTOMERS).fetchall()]
        for customer in customers:
            for collection in get_args(Collection):
                listing = ListVersions(customer_id=customer, collection=collection)
                context.spawn(listing, key=f"{customer}:{collection}")
        return DriftCheck(customers=len(customers))


@on(VersionsListed)
class CompareVersionsWorker(Worker[CompareVersions, DriftReport]):
    """What it finds is kept in the statistics, where the housekeeper's watch sees it."""

    audience = Audience.INTERNAL
    lane = Lane.LOW

    def perform(self, job: CompareVersions, context: JobContext) -> DriftReport:
        there = _entries(context.artifacts.open(job.versions))
        entity = _ENTITIES[job.collection]
        with database_of(HousekeepingSettings()) as connection:
            found = compare_versions(connection, job.customer_id, entity, there, job.listed_at)
            report = DriftReport(
                customer_id=job.customer_id,
                collection=job.collection,
                listed_at=job.listed_at,
                counts={difference.what: difference.count for difference in found},
                ids={difference.what: difference.ids for difference in found},
            )
            series = f"drift:{job.customer_id}:{job.collection}"
            keep(connection, series, job.listed_at, report)
        return report


def _entries(chunks: Iterator[bytes]) -> Iterator[tuple[str, int]]:
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            id_, version = orjson.loads(line)
            yield id_, version
