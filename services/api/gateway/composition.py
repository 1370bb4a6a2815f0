"""The parts of a gateway process, put together once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Gauge
from starlette.requests import Request

from gateway.artifacts.links import ArtifactLinks
from gateway.artifacts.references import ArtifactReferences
from gateway.artifacts.service import ArtifactService
from gateway.authentication import Authenticator
from gateway.awaiting.waiter import EndWaiter
from gateway.catalogue.search_index import SearchIndex
from gateway.catalogue.writes import ItemWrites
from gateway.config import GatewaySettings
from gateway.database import Pool, connection_pool
from gateway.dead_letters.queries import LetterQueries
from gateway.following.stream import Following
from gateway.health.checks import Readiness
from gateway.idempotency.keyed import KeyedRequests, key_pool
from gateway.images.quotas import ImageQuotas
from gateway.intake.definitions import Definitions
from gateway.kinds.catalogue import Catalogue
from gateway.limits.caller_backlog import CallerBacklogs
from gateway.limits.key_limits import KeyLimits
from gateway.polling.statuses import StatusPolls
from gateway.reconciling.issuing import SyncIssuer
from gateway.speech.requests import SpeechRequests
from gateway.tasks.acceptance import AcceptanceWriter
from gateway.tasks.backlog import Backlog
from gateway.tasks.entities import Entities
from gateway.tasks.measures import task_numbers
from gateway.tasks.payloads import PayloadPreparation
from gateway.tasks.queries import TaskQueries
from gateway.tasks.routing import Router, load_route
from gateway.tasks.submission import Submissions, TaskWriter
from gateway.transactions import Transactions
from gateway.webhooks.signing import WebhookSigning
from warren.artifacts import ArtifactStore, open_store
from warren.observability.caches import cache_numbers
from warren.observability.process_numbers import process_registry


@dataclass(frozen=True, slots=True)
class Gateway:
    """What the routes use."""

    settings: GatewaySettings
    pool: Pool
    authenticator: Authenticator
    key_limits: KeyLimits
    catalogue: Catalogue
    submissions: Submissions
    writer: AcceptanceWriter
    item_writes: ItemWrites
    tasks: TaskQueries
    polls: StatusPolls
    ends: EndWaiter
    following: Following
    artifacts: ArtifactService
    search: SearchIndex
    links: ArtifactLinks
    syncs: SyncIssuer
    readiness: Readiness
    letters: LetterQueries
    keyed: KeyedRequests
    transactions: Transactions
    metrics: CollectorRegistry


@asynccontextmanager
async def running_gateway(settings: GatewaySettings) -> AsyncIterator[Gateway]:
    """The parts, working; the database need not be there yet. Closed at the end."""
    store = open_store(settings.artifacts_url)
    transactions = Transactions(settings)
    metrics = process_registry("gateway", task_numbers().registry, cache_numbers().registry)
    async with connection_pool(settings) as pool, key_pool(settings) as keys:
        catalogue = Catalogue(pool)
        writer = AcceptanceWriter(pool, batch=settings.submission_batch)
        writer.start()
        search = SearchIndex(settings, metrics)
        item_writes = ItemWrites.to(pool, settings, metrics)
        item_writes.commits.start()
        ends = EndWaiter(pool, settings.waiting_requests)
        _count_waiting(ends, metrics)
        links = ArtifactLinks(settings.link_key_list, settings.link_seconds)
        following = Following(pool, links, settings, metrics)
        key_limits = KeyLimits(pool, settings)
        submissions = submissions_to(writer, pool, store, settings, catalogue, metrics, key_limits)
        try:
            yield Gateway(
                settings=settings,
                pool=pool,
                authenticator=Authenticator(pool, key_limits),
                key_limits=key_limits,
                catalogue=catalogue,
                submissions=submissions,
                writer=writer,
                item_writes=item_writes,
                tasks=TaskQueries(pool),
                polls=StatusPolls(pool),
                ends=ends,
                following=following,
                artifacts=ArtifactService.to(pool, store, settings),
                search=search,
                links=links,
                syncs=SyncIssuer(submissions.router, Definitions()),
                readiness=Readiness(pool, settings),
                letters=LetterQueries(pool),
                keyed=KeyedRequests(keys),
                transactions=transactions,
                metrics=metrics,
            )
        finally:
            ends.release()
            following.feed.release()
            await search.close()
            await item_writes.commits.close()
            await writer.close()
            await transactions.close()
            await key_limits.close()


def _count_waiting(ends: EndWaiter, metrics: CollectorRegistry) -> None:
    waiting = "Requests that wait for ends of tasks"
    Gauge("warren_waiting_requests", waiting, registry=metrics).set_function(lambda: ends.count)


def submissions_to(
    writer: TaskWriter,
    pool: Pool,
    store: ArtifactStore,
    settings: GatewaySettings,
    catalogue: Catalogue,
    metrics: CollectorRegistry | None = None,
    key_limits: KeyLimits | None = None,
) -> Submissions:
    """What every submission goes through on its way to `writer`, wherever it comes from."""
    backlog = Backlog(pool, settings.backlog_limit)
    references = ArtifactReferences(pool, store)
    return Submissions(
        catalogue=catalogue,
        payloads=PayloadPreparation(references, Entities(pool), settings.max_payload_bytes),
        writer=writer,
        backlog=backlog,
        caller_backlogs=CallerBacklogs(pool, backlog, settings.caller_backlog_limit),
        key_limits=key_limits or KeyLimits(pool, settings),
        quotas=ImageQuotas(pool, settings.images_per_day),
        requests=SpeechRequests(pool, references),
        router=Router(load_route(settings.route), metrics or CollectorRegistry()),
        signing=WebhookSigning(pool),
    )


async def gateway_of(request: Request) -> Gateway:
    """The gateway that serves `request`: a FastAPI dependency, async to stay out of threads."""
    gateway: Gateway = request.app.state.gateway
    return gateway
