"""The jobs of the indexer: five of each kind that a catalogue holds, and what else they need."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, TypeVar

from prometheus_client import CollectorRegistry

from indexer.config import JobSettings
from indexer.embedders import embedded_model, embedder_for
from indexer.embedding import embed
from indexer.lines import Entry, deletions, upserts
from indexer.measures import indexing_numbers
from indexer.opening import process_index
from indexer.service import Target, clean_up, write_many, write_one
from warren.contracts.catalogue import (
    CATALOGUE_JOBS,
    BulkDeleteJob,
    BulkUpsertJob,
    CatalogueIndexed,
    CatalogueJob,
    CatalogueResult,
    DeleteAllJob,
    DeleteJob,
    UpsertJob,
)
from warren.contracts.catalogue_tombstones import ForgetTombstones, TombstonesForgotten
from warren.contracts.catalogue_vectors import (
    MOST_ENTITIES,
    EmbeddingResult,
    EmbedDocuments,
    Entity,
)
from warren.contracts.kinds import Audience
from warren.contracts.lanes import Lane
from warren.worker import JobContext, Worker

#: Seconds, soft and hard. A single write may wait until another one has run into the index's
#: time-out, and then for its own: that is an outage, and must not end as an exceeded limit.
_SINGLE = 110, 120

JobT = TypeVar("JobT", bound=CatalogueJob)
ResultT = TypeVar("ResultT")
UpsertT = TypeVar("UpsertT", bound=UpsertJob)
DeleteT = TypeVar("DeleteT", bound=DeleteJob)
BulkUpsertT = TypeVar("BulkUpsertT", bound=BulkUpsertJob)
BulkDeleteT = TypeVar("BulkDeleteT", bound=BulkDeleteJob)
DeleteAllT = TypeVar("DeleteAllT", bound=DeleteAllJob)


class CatalogueWorker(Worker[JobT, ResultT]):
    """What the fifteen have in common; the gateway alone asks for them."""

    audience = Audience.INTERNAL
    max_retries = 5
    retry_backoff_base = 2
    retry_backoff_max = 600


class UpsertWorker(CatalogueWorker[UpsertT, CatalogueResult]):
    """Writes an item as text; its vector follows by a job of its own."""

    soft_time_limit, time_limit = _SINGLE

    def perform(self, job: UpsertT, context: JobContext) -> CatalogueResult:
        result = write_one(_target(job), job.id, job.entity_version, job.item)
        if job.with_embedding and result.applied:
            entity = Entity(id=job.id, entity_version=job.entity_version)
            _ask_for_vectors(job, [entity], "one", context)
        return _told(job, result, context)


class DeleteWorker(CatalogueWorker[DeleteT, CatalogueResult]):
    """Leaves a tombstone, which no older write can replace."""

    soft_time_limit, time_limit = _SINGLE

    def perform(self, job: DeleteT, context: JobContext) -> CatalogueResult:
        result = write_one(_target(job), job.id, job.entity_version, None)
        return _told(job, result, context)


class BulkUpsertWorker(CatalogueWorker[BulkUpsertT, CatalogueResult]):
    """Writes the items of a file as text, and asks for their vectors as it goes."""

    lane = Lane.LOW
    soft_time_limit, time_limit = 270, 300

    def perform(self, job: BulkUpsertT, context: JobContext) -> CatalogueResult:
        chunks = context.artifacts.open(job.documents)

        def written(begin: int, entries: Sequence[Entry]) -> None:
            if job.with_embedding:
                _ask_for_many(job, begin, entries, context)

        result = write_many(
            _target(job),
            upserts(chunks, job.first_version, job.customer_id),
            job.count,
            job.first_version,
            lambda key, write: context.effect(key).once(lambda _: write()),
            written,
            context.progress,
        )
        return _told(job, result, context)


class BulkDeleteWorker(CatalogueWorker[BulkDeleteT, CatalogueResult]):
    """Leaves a tombstone for each line of a file."""

    lane = Lane.LOW
    soft_time_limit, time_limit = 270, 300

    def perform(self, job: BulkDeleteT, context: JobContext) -> CatalogueResult:
        chunks = context.artifacts.open(job.documents)
        result = write_many(
            _target(job),
            deletions(chunks, job.first_version),
            job.count,
            job.first_version,
            lambda key, write: context.effect(key).once(lambda _: write()),
            lambda _begin, _entries: None,
            context.progress,
        )
        return _told(job, result, context)


class DeleteAllWorker(CatalogueWorker[DeleteAllT, CatalogueResult]):
    """Cleans up what the floor already hides."""

    lane = Lane.LOW
    soft_time_limit, time_limit = 540, 600

    def perform(self, job: DeleteAllT, context: JobContext) -> CatalogueResult:
        return _told(job, clean_up(_target(job), job.floor), context)


class ForgetTombstonesWorker(Worker[ForgetTombstones, TombstonesForgotten]):
    """Frees the index of what no write can run into any more."""

    lane = Lane.LOW
    audience = Audience.INTERNAL
    max_retries = 5
    retry_backoff_base = 2
    soft_time_limit, time_limit = 540, 600
    max_age = JobSettings().max_age

    def perform(self, job: ForgetTombstones, context: JobContext) -> TombstonesForgotten:
        index = process_index().index
        forgotten = index.forget(job.entity_kind, job.customer_id, job.up_to)
        return TombstonesForgotten(entity_kind=job.entity_kind, forgotten=forgotten)


class EmbedDocumentsWorker(Worker[EmbedDocuments, EmbeddingResult]):
    """Makes vectors, by the embedded model or by the provider whose key the caller gave."""

    lane = Lane.LOW
    audience = Audience.INTERNAL
    isolation: ClassVar[Literal["thread", "process"]] = "process"
    max_retries = 5
    retry_backoff_base = 2
    time_limit = 600
    max_age = JobSettings().max_age
    #: Slow work leaves room for the writes of texts.
    concurrency_key = ""
    concurrency_limit = JobSettings().embed_concurrency

    @classmethod
    def warm_up(cls) -> None:
        embedded_model().warm_up()

    def perform(self, job: EmbedDocuments, context: JobContext) -> EmbeddingResult:
        opened = process_index()
        versions = {entity.id: entity.entity_version for entity in job.entities}
        target = Target(opened.index, job.entity_kind, job.customer_id)
        with embedder_for(job.customer_id, job.api_key) as embedder:
            counts = embed(target, versions, embedder, opened.vectors, context.progress)
            return EmbeddingResult(
                entity_kind=job.entity_kind,
                model=embedder.model,
                made=counts.made,
                known=counts.known,
                skipped=counts.skipped,
                refused=counts.refused,
            )


def _target(job: CatalogueJob) -> Target:
    return Target(process_index().index, job.entity_kind, job.customer_id)


def numbers() -> CollectorRegistry:
    """What the worker process serves beside its own numbers."""
    return indexing_numbers().registry


def _told(job: CatalogueJob, result: CatalogueResult, context: JobContext) -> CatalogueResult:
    indexing_numbers().note(result)
    context.emit(
        CatalogueIndexed(
            customer_id=job.customer_id,
            entity_kind=job.entity_kind,
            count=result.applied,
            max_version=result.max_version,
        )
    )
    return result


def _ask_for_many(
    job: BulkUpsertJob, begin: int, entries: Sequence[Entry], context: JobContext
) -> None:
    entities = [Entity(id=entry.id, entity_version=entry.version) for entry in entries]
    for number in range(0, len(entities), MOST_ENTITIES):
        part = entities[number : number + MOST_ENTITIES]
        _ask_for_vectors(job, part, str(begin + number), context)


def _ask_for_vectors(
    job: UpsertJob | BulkUpsertJob, entities: list[Entity], key: str, context: JobContext
) -> None:
    context.spawn(
        EmbedDocuments(
            customer_id=job.customer_id,
            entity_kind=job.entity_kind,
            entities=entities,
            api_key=job.api_key,
        ),
        key=f"embed:{key}",
    )


def _worker(base: Any, wire_name: str, **options: Any) -> type[Worker[Any, CatalogueResult]]:
    """A Worker of `base` for one of the fifteen; what is configured is declared here."""
    job = CATALOGUE_JOBS[wire_name]
    attributes: dict[str, Any] = {
        "__module__": __name__,
        "__doc__": base.__doc__,
        "__orig_bases__": (Worker[job, CatalogueResult],),  # type: ignore[valid-type]
        "max_age": JobSettings().max_age,
        **options,
    }
    return type(f"{job.__name__}Worker", (base,), attributes)


def _upsert(wire_name: str) -> type[Worker[Any, CatalogueResult]]:
    settings = JobSettings()
    limits: dict[str, Any] = {}
    if settings.rate_limit:
        limits = {
            "rate_limit": settings.rate_limit,
            "burst": settings.upsert_burst,
            "limit_key": "{customer_id}",
        }
    return _worker(UpsertWorker, wire_name, **limits)


UpsertProductWorker = _upsert("catalogue.upsert_product")
UpsertServiceWorker = _upsert("catalogue.upsert_service")
UpsertAccessoryWorker = _upsert("catalogue.upsert_accessory")
DeleteProductWorker = _worker(DeleteWorker, "catalogue.delete_product")
DeleteServiceWorker = _worker(DeleteWorker, "catalogue.delete_service")
DeleteAccessoryWorker = _worker(DeleteWorker, "catalogue.delete_accessory")
BulkUpsertProductWorker = _worker(BulkUpsertWorker, "catalogue.bulk_upsert_product")
BulkUpsertServiceWorker = _worker(BulkUpsertWorker, "catalogue.bulk_upsert_service")
BulkUpsertAccessoryWorker = _worker(BulkUpsertWorker, "catalogue.bulk_upsert_accessory")
BulkDeleteProductWorker = _worker(BulkDeleteWorker, "catalogue.bulk_delete_product")
BulkDeleteServiceWorker = _worker(BulkDeleteWorker, "catalogue.bulk_delete_service")
BulkDeleteAccessoryWorker = _worker(BulkDeleteWorker, "catalogue.bulk_delete_accessory")
DeleteAllProductWorker = _worker(DeleteAllWorker, "catalogue.delete_all_product")
DeleteAllServiceWorker = _worker(DeleteAllWorker, "catalogue.delete_all_service")
DeleteAllAccessoryWorker = _worker(DeleteAllWorker, "catalogue.delete_all_accessory")
