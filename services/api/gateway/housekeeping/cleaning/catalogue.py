"""The clean-up of catalogues, as a job."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, Field

from gateway.catalogue.cleaning import clean_catalogue_rows
from gateway.housekeeping.config import HousekeepingSettings
from gateway.housekeeping.surroundings import database_of
from warren.contracts.catalogue_tombstones import ForgetTombstones
from warren.contracts.job import Job
from warren.contracts.kinds import Audience
from warren.contracts.lanes import Lane
from warren.worker import JobContext, Worker


class CleanCatalogue(Job):
    """Forget deleted items `days_old` days (WARREN_TOMBSTONE_DAYS) after their deletion, once the
    index has followed and no older task lives, and all that lies below the floors of customers.

    The index is asked to forget them as well, once no older task could be started again."""

    kind: ClassVar[str] = "api.clean_catalogue"

    days_old: Annotated[int, Field(ge=1, le=36_500)] | None = None
    dry_run: bool = False


class CatalogueReport(BaseModel):
    """Rows that were deleted; with `dry_run`, that would be."""

    dry_run: bool
    tombstones: int
    below_floors: int


class CleanCatalogueWorker(Worker[CleanCatalogue, CatalogueReport]):
    """Repeated, or beside another, it deletes what is left."""

    audience = Audience.OPERATOR
    lane = Lane.LOW
    time_limit = 3600.0
    cron_schedule = "0 4 * * *"

    def perform(self, job: CleanCatalogue, context: JobContext) -> CatalogueReport:
        settings = HousekeepingSettings()
        with database_of(settings) as connection:
            cleaned = clean_catalogue_rows(
                connection,
                job.days_old or settings.tombstone_days,
                context.check_cancelled,
                dry_run=job.dry_run,
            )
        for (customer, kind), version in cleaned.forgettable.items():
            forget = ForgetTombstones(customer_id=customer, entity_kind=kind, up_to=version)
            context.spawn(forget, key=f"forget:{customer}:{kind.value}")
        return CatalogueReport(
            dry_run=job.dry_run,
            tombstones=cleaned.tombstones,
            below_floors=cleaned.below_floors,
        )
