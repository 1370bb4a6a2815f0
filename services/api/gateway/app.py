"""The web application."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from gateway.alerts.routes import router as alerts
from gateway.aliases import FormerPaths
from gateway.artifacts.routes import router as artifacts
from gateway.auditing.routes import router as audit
from gateway.batches.routes import router as batches
from gateway.books.deleting import router as book_deletions
from gateway.books.reading import router as book_reads
from gateway.books.routes import router as books
from gateway.books.routes import uploads as book_uploads
from gateway.browser.routes import router as browser
from gateway.catalogue.bulk import router as bulk_items
from gateway.catalogue.routes import router as catalogue
from gateway.catalogue.searching import router as item_search
from gateway.composition import running_gateway
from gateway.config import GatewaySettings
from gateway.cross_origin import open_to, origins_in
from gateway.customers.customer_routes import router as customers
from gateway.customers.erasing import router as customer_erasing
from gateway.customers.key_making import router as key_making
from gateway.customers.routes import router as keys
from gateway.dead_letters.bulk import router as bulk_letters
from gateway.dead_letters.routes import router as dead_letters
from gateway.descriptions.routes import router as descriptions
from gateway.documents.reading import router as document_reads
from gateway.documents.routes import router as documents
from gateway.documents.routes import uploads as document_uploads
from gateway.error_handlers import add_error_handlers
from gateway.events.routes import router as subscriptions
from gateway.faqs.exchanging import router as faq_files
from gateway.faqs.routes import router as faqs
from gateway.following.routes import router as following
from gateway.health.overview import HealthOverviews
from gateway.health.routes import router as health
from gateway.health.welcome import router as welcome
from gateway.housekeeping.statistics.routes import router as statistics
from gateway.http_measures import CountRequests, HttpNumbers
from gateway.images.deleting import router as image_deletions
from gateway.images.illustrating import router as illustrations
from gateway.images.keeping import router as image_changes
from gateway.images.reading import router as image_reads
from gateway.images.routes import router as images
from gateway.kinds.routes import router as kinds
from gateway.limits.headers import TellLimits
from gateway.openai_compatible.editing import router as openai_edits
from gateway.openai_compatible.reading import router as openai_models
from gateway.openai_compatible.routes import router as openai_compatible
from gateway.openapi.document import openapi_document
from gateway.providers.releasing import router as provider_releases
from gateway.providers.routes import router as providers
from gateway.queues.routes import router as queues
from gateway.scheduling.routes import router as schedules
from gateway.speech.routes import router as speech
from gateway.tasks.batch_submission import router as task_batches
from gateway.tasks.bulk import router as bulk_tasks
from gateway.tasks.cancelling import router as cancelling
from gateway.tasks.deleting import router as deleting
from gateway.tasks.extending import router as extending
from gateway.tasks.history import router as history
from gateway.tasks.retrying import router as retrying
from gateway.tasks.routes import router as tasks
from gateway.tasks.routing import load_route
from gateway.upload_clients.cancelling import router as upload_cancelling
from gateway.upload_clients.routes import router as upload_clients
from gateway.webhooks.changing import router as webhook_changes
from gateway.webhooks.deliveries import router as webhook_deliveries
from gateway.webhooks.routes import router as webhooks
from gateway.webhooks.secret_routes import router as webhook_secrets
from gateway.workers.routes import router as workers
from gateway.workers.stopping import router as worker_stops
from warren.messaging.broker_watch import BrokerWatch
from warren.messaging.measures import messaging_numbers
from warren.outbound.webhooks import webhook_rules

_CLOSE_TIMEOUT = 2.0

#: In the order in which their paths are tried.
_ROUTERS = (
    upload_clients,
    upload_cancelling,
    task_batches,
    batches,
    tasks,
    history,
    following,
    deleting,
    extending,
    retrying,
    cancelling,
    bulk_tasks,
    dead_letters,
    bulk_letters,
    speech,
    descriptions,
    books,
    book_uploads,
    book_reads,
    book_deletions,
    bulk_items,
    item_search,
    catalogue,
    artifacts,
    documents,
    document_uploads,
    document_reads,
    faq_files,
    faqs,
    illustrations,
    images,
    image_changes,
    image_deletions,
    image_reads,
    kinds,
    workers,
    worker_stops,
    queues,
    schedules,
    subscriptions,
    providers,
    provider_releases,
    webhook_deliveries,
    webhook_secrets,
    webhooks,
    webhook_changes,
    openai_compatible,
    openai_edits,
    openai_models,
    alerts,
    audit,
    keys,
    key_making,
    customers,
    customer_erasing,
    statistics,
    health,
    welcome,
    browser,
)

#: Tried before all others, whose paths are none of these.
_ASKED_MOST = ("/api/v1/tasks/{task_id}/status", "/api/v1/tasks")


class _Application(FastAPI):
    """Describes its routes in their order, as `gateway.openapi` does, and tries those first that
    are asked most. Pages of `origins` may use them."""

    origins: Sequence[str] = ()

    def build_middleware_stack(self) -> ASGIApp:
        """The framework's, with what answers failures as well within what lets pages in."""
        return open_to(super().build_middleware_stack(), self.origins)

    def take_routes(self) -> None:
        """Take those of all routers."""
        # Their paths and tags are whole: included by FastAPI, each would try its own for itself.
        self.described = [*self.routes, *(route for r in _ROUTERS for route in r.routes)]
        self.router.routes[:] = sorted(self.described, key=_comes_later)

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        if not self.openapi_schema:
            self.openapi_schema = openapi_document(self, self.described)
        return self.openapi_schema


def _comes_later(route: BaseRoute) -> bool:
    return getattr(route, "path", None) not in _ASKED_MOST


def create_app(settings: GatewaySettings) -> FastAPI:
    """The gateway's REST side; connects when it starts, to a database that may come later."""

    # Before anything is served: a wrong one ends the command.
    load_route(settings.route)
    webhook_rules()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        broker = BrokerWatch(settings.amqp_url, name="warren-gateway")
        broker.start()
        try:
            async with running_gateway(settings) as gateway:
                app.state.gateway, app.state.broker = gateway, broker
                for numbers in (requests, messaging_numbers().registry):
                    gateway.metrics.register(numbers)
                yield
        finally:
            await asyncio.to_thread(broker.close, _CLOSE_TIMEOUT)

    requests = CollectorRegistry()
    app = _Application(
        title="Warren",
        summary="AI jobs, accepted once and never lost",
        version=version("warren-api"),
        lifespan=lifespan,
        servers=[{"url": settings.public_url}] if settings.public_url else None,
        # A path with a slash too many is a mistake, not another address of the same thing.
        redirect_slashes=False,
        # The framework's pages load scripts from elsewhere, beside the field for one's key.
        docs_url=None,
        redoc_url=None,
    )
    app.state.health = HealthOverviews()
    app.state.http_numbers = HttpNumbers(requests)
    app.origins = origins_in(settings.cors_origins)
    app.add_middleware(TellLimits)
    app.add_middleware(CountRequests)
    # Outside of it: it copies the scope, in which the route is noted that requests are counted by.
    app.add_middleware(FormerPaths)
    add_error_handlers(app)
    app.take_routes()
    return app
