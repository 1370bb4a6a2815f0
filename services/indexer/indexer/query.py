"""The program that answers searches: HTTP for the gateway, and for nobody else."""

import secrets
import threading
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from pydantic import SecretStr

from indexer.embedders import embedded_model, embedder_for
from indexer.errors import TooManyQuestions
from indexer.ports import CatalogueIndex
from indexer.searching import search
from indexer.turns import KeyedTurns
from warren.contracts.catalogue_item import EntityKind
from warren.contracts.search import SearchMode, SearchPage, SearchRequest
from warren.errors import PermanentError, RejectedInput, Unavailable, WarrenError
from warren.observability.process_numbers import process_registry
from warren.providers import ProviderDown, ProviderFailed, ProviderRefused

#: The provider's own words may repeat a part of the key.
_REFUSED = "the embedding provider refuses the key, or the question"
_NO_PROVIDER = "the embedding provider of the given key does not answer"
_PROBLEM = "application/problem+json"
_bearer = HTTPBearer(auto_error=False)


class Refused(Exception):
    """Whoever asks has not shown the token."""


class SearchNumbers:
    """What Prometheus reads."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.seconds = Histogram(
            "warren_search_node_seconds",
            "Time to answer a search",
            ["entity_kind", "mode"],
            registry=self.registry,
            buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )
        self.failures = Counter(
            "warren_search_node_failures_total",
            "Searches that were not answered",
            ["error"],
            registry=self.registry,
        )


def create_app(index: CatalogueIndex, token: SecretStr) -> FastAPI:
    """The application over an index that somebody else closes."""
    app = FastAPI(title="Warren search node", docs_url=None, redoc_url=None, openapi_url=None)
    numbers = SearchNumbers()
    expected = token.get_secret_value()

    def shown(given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> None:
        if given is None or not secrets.compare_digest(
            given.credentials.encode(), expected.encode()
        ):
            raise Refused

    app.include_router(_health(index, numbers))
    app.include_router(_searches(index, numbers), dependencies=[Depends(shown)])
    _explain_errors(app, numbers)
    return app


def warm_up() -> None:
    """Load the model in the background: questions by words need not wait for it."""
    threading.Thread(target=embedded_model().warm_up, name="warm-up", daemon=True).start()


def _searches(index: CatalogueIndex, numbers: SearchNumbers) -> APIRouter:
    router = APIRouter()
    turns = KeyedTurns()

    @router.post("/search/{entity_kind}")
    def ask(entity_kind: EntityKind, request: SearchRequest) -> SearchPage:
        with numbers.seconds.labels(entity_kind.value, request.mode.value).time():
            if request.mode is SearchMode.TEXT or request.api_key is None:
                return search(index, entity_kind, request, embedded_model)
            customer, key = request.customer_id, request.api_key
            with turns.turn(customer), embedder_for(customer, key) as embedder:
                return search(index, entity_kind, request, lambda: embedder)

    return router


def _health(index: CatalogueIndex, numbers: SearchNumbers) -> APIRouter:
    router = APIRouter()
    everything = process_registry("search-node", numbers.registry)

    @router.get("/healthz")
    def alive() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz")
    def ready() -> dict[str, str]:
        index.check()
        return {"status": "ready"}

    @router.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(everything), media_type="text/plain; version=0.0.4")

    return router


def _explain_errors(app: FastAPI, numbers: SearchNumbers) -> None:
    log = structlog.get_logger("indexer.query")

    @app.exception_handler(Refused)
    async def refused(_request: Request, _error: Exception) -> Response:
        return _problem(401, "the search node's token is missing or wrong")

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"][1:]))
        status = 404 if first["loc"][:1] == ("path",) else 422
        return _problem(status, f"{field}: {first['msg']}", field=field)

    @app.exception_handler(WarrenError)
    async def failed(_request: Request, error: WarrenError) -> Response:
        numbers.failures.labels(type(error).__name__).inc()
        answer = _fault_of_caller(error)
        if answer is not None:
            return answer
        log.warning("a search was not answered", error=type(error).__name__, reason=str(error))
        if isinstance(error, Unavailable):
            return _problem(503, str(error), headers=_retry_after(error))
        return _problem(502 if isinstance(error, PermanentError) else 503, str(error))


def _fault_of_caller(error: WarrenError) -> JSONResponse | None:
    """The answer where the question, or the provider whose key it brings, is to blame."""
    if isinstance(error, RejectedInput):
        return _problem(422, str(error), field=error.field)
    if isinstance(error, ProviderRefused):
        return _problem(422, _REFUSED, field="x-embedding-api-key")
    if isinstance(error, (ProviderFailed, ProviderDown)):
        return _problem(424, _NO_PROVIDER, headers=_retry_after(error))
    if isinstance(error, TooManyQuestions):
        return _problem(429, str(error), headers=_retry_after(error))
    return None


def _retry_after(error: WarrenError) -> dict[str, str]:
    wait = error.retry_after if isinstance(error, Unavailable) else None
    return {"Retry-After": str(max(1, round(wait or 1)))}


def _problem(status: int, detail: str, *, headers: Any = None, **more: Any) -> JSONResponse:
    body = {"title": "The search was not answered", "status": status, "detail": detail, **more}
    return JSONResponse(body, status, headers, media_type=_PROBLEM)
