"""What the gateway counts of requests, for Prometheus: by route, never by path or by caller."""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from warren.observability.bounded import Bounded
from warren.observability.buckets import SHORT

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_MOST_ROUTES = 300
_NOWHERE = "unmatched"


class HttpNumbers:
    """Requests by route and status, and how long their answers took to end."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("method", "route")
        self._routes = Bounded(_MOST_ROUTES)
        self._requests = Counter(
            "warren_http_requests", "Requests answered", (*labels, "status"), registry=registry
        )
        self._seconds = Histogram(
            "warren_http_request_seconds",
            "From the request's head to the end of the answer; waits that callers asked for count",
            labels,
            buckets=SHORT,
            registry=registry,
        )
        self.open = Gauge("warren_http_requests_open", "Under way", registry=registry)
        #: By method, route and status: to find them anew takes longer than to count.
        self._found: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def answered(self, scope: Scope, status: int, seconds: float) -> None:
        """A request has its answer; status 0 if its client left, or we failed, before that."""
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = self._routes(getattr(scope.get("route"), "path", _NOWHERE))
        labels = (method, route, status)
        found = self._found.get(labels)
        if found is None:
            found = self._found[labels] = (
                self._requests.labels(method, route, str(status)),
                self._seconds.labels(method, route),
            )
        requests, durations = found
        requests.inc()
        durations.observe(seconds)


class CountRequests:
    """ASGI middleware, outside of all that answer; asks `scope["app"].state` for the numbers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        numbers: HttpNumbers = scope["app"].state.http_numbers
        began, status = time.monotonic(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        numbers.open.inc()
        try:
            await self._app(scope, receive, noting)
        finally:
            numbers.open.dec()
            numbers.answered(scope, status, time.monotonic() - began)
