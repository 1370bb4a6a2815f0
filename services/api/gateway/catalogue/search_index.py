"""Asking the indexer's query process, which alone opens the search index."""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import httpx
import structlog
from prometheus_client import CollectorRegistry, Gauge, Histogram
from pydantic import ValidationError

from gateway.config import GatewaySettings
from gateway.problems import FieldError, InvalidFields, SearchUnavailable
from warren.contracts.catalogue_item import EntityKind
from warren.contracts.search import SearchPage, SearchRequest
from warren.providers.circuit import Circuit
from warren.providers.errors import ProviderDown

_CONNECT_TIMEOUT = 1.0
_FAILURES, _OPEN_SECONDS = 5, 5.0
_AWAY = "the search index does not answer now; what was written is kept, and found again later"
#: What the search node says of the provider whose key a caller gave: no failure of its own.
_OF_THE_PROVIDER: dict[int, str] = {
    httpx.codes.FAILED_DEPENDENCY: "the embedding provider of your key does not answer now",
    httpx.codes.TOO_MANY_REQUESTS: "too many searches wait for embedding providers; try again",
}
_log = structlog.get_logger(__name__)


class SearchIndex:
    """Asks within `search_timeout`; after failures in a row it is left alone for some seconds.

    Questions that a caller's own embedding provider has to answer, too, are counted apart: neither
    a wrong key nor a slow provider may end the searches of others.

    Nothing that it says of itself reaches a caller: the log has it. Its owner calls `close`.
    """

    def __init__(self, settings: GatewaySettings, metrics: CollectorRegistry) -> None:
        self._is_there = settings.search_url is not None
        token = settings.search_token.get_secret_value() if settings.search_token else ""
        self._client = httpx.AsyncClient(
            base_url=settings.search_url or "",
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(settings.search_timeout, connect=_CONNECT_TIMEOUT),
            trust_env=False,
        )
        self._circuits = {
            with_key: Circuit("search", failures=_FAILURES, open_seconds=_OPEN_SECONDS)
            for with_key in (False, True)
        }
        circuits = Gauge(
            "warren_circuit_open",
            "1 while a provider is left alone by this process",
            ["provider"],
            registry=metrics,
        )
        for with_key, circuit in self._circuits.items():
            name = "search_with_callers_key" if with_key else "search"
            circuits.labels(name).set_function(partial(_is_open, circuit))
        self._seconds = Histogram(
            "warren_search_seconds",
            "Questions to the search index, by how they were answered",
            ["mode", "outcome"],
            registry=metrics,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def ask(self, kind: EntityKind, question: SearchRequest) -> SearchPage:
        """What is found. Raises SearchUnavailable, or InvalidFields if the index refuses it."""
        started, outcome = time.monotonic(), "unavailable"
        try:
            page = await self._asked(kind, question)
            outcome = "answered"
        except InvalidFields:
            outcome = "refused"
            raise
        finally:
            self._seconds.labels(question.mode.value, outcome).observe(time.monotonic() - started)
        return page

    async def _asked(self, kind: EntityKind, question: SearchRequest) -> SearchPage:
        if not self._is_there:
            raise SearchUnavailable(
                "no search index is set up here; its operator sets WARREN_SEARCH_URL",
                retry_after=60,
            )
        circuit = self._circuits[question.api_key is not None]
        try:
            circuit.enter()
        except ProviderDown as error:
            raise SearchUnavailable(_AWAY, retry_after=_seconds(error.retry_after)) from error
        try:
            body = question.model_dump_json(exclude_none=True)
            answer = await self._client.post(f"/search/{kind.value}", content=body, headers=_JSON)
            return _read(answer, circuit)
        except (httpx.HTTPError, ValidationError) as error:
            circuit.failed()
            _log.warning("search_failed", kind=kind.value, error=repr(error)[:500])
            raise SearchUnavailable(_AWAY) from error


def _is_open(circuit: Circuit) -> float:
    return float(circuit.is_open)


_JSON = {"Content-Type": "application/json"}


def _read(answer: httpx.Response, circuit: Circuit) -> SearchPage:
    if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
        circuit.succeeded()
        raise InvalidFields([_fault(answer)])
    if answer.status_code in _OF_THE_PROVIDER:
        circuit.succeeded()
        after = _seconds(answer.headers.get("retry-after"))
        raise SearchUnavailable(_OF_THE_PROVIDER[answer.status_code], retry_after=after)
    if not answer.is_success:
        circuit.failed()
        _log.warning("search_failed", status=answer.status_code, said=answer.text[:500])
        raise SearchUnavailable(_AWAY, retry_after=_seconds(answer.headers.get("retry-after")))
    page = SearchPage.model_validate_json(answer.content)
    circuit.succeeded()
    return page


def _fault(answer: httpx.Response) -> FieldError:
    try:
        said: Any = answer.json()
    except ValueError:
        said = {}
    problem: Mapping[str, Any] = said if isinstance(said, dict) else {}
    field = str(problem.get("field") or "q")
    return FieldError(field, str(problem.get("detail") or "cannot be searched for")[:300])


def _seconds(given: Any) -> int:
    try:
        return max(1, min(60, round(float(given))))
    except (TypeError, ValueError):
        return 2
