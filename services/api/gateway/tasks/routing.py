"""Which lane a task goes to: what the deployment's route says, or else kind, wish and plan."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter

from gateway.authentication import Caller
from gateway.problems import LaneNotAllowed
from gateway.tasks.envelope import Envelope
from warren.contracts.kinds import KindDefinition
from warren.contracts.lanes import Lane
from warren.errors import ConfigurationError

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RoutedJob:
    """What a route knows of a submission; `lane` is where it goes without one."""

    kind: str
    version: int
    payload: Mapping[str, Any]
    lane: Lane
    user_id: str | None
    tags: Sequence[str]
    metadata: Mapping[str, Any]


#: Names the lane, as a `Lane` or by its name; None: where it goes anyway. It is called in the
#: gateway's only thread, for every submission: plain Python, without input or output.
Route = Callable[[RoutedJob, Caller], Lane | str | None]


def load_route(reference: str | None) -> Route | None:
    """Import `package.module:function`; raises ConfigurationError if that is no route."""
    if reference is None:
        return None
    name, _, attribute = reference.partition(":")
    try:
        route = getattr(import_module(name), attribute)
    except Exception as error:
        raise ConfigurationError(
            f"WARREN_ROUTE: {reference!r} cannot be imported as package.module:function "
            f"({type(error).__name__}: {error})"
        ) from error
    if inspect.iscoroutinefunction(route) or not _takes_two(route):
        raise ConfigurationError(
            f"WARREN_ROUTE: {reference!r} must be a plain function of two arguments, job and caller"
        )
    found: Route = route
    return found


class Router:
    """Chooses lanes. A route that fails costs nobody a task: the lane is as without it then.

    `registry` holds `warren_route_failures_total`.
    """

    def __init__(self, route: Route | None, registry: CollectorRegistry) -> None:
        self._route = route
        self._failures = Counter(
            "warren_route_failures_total",
            "Submissions for which WARREN_ROUTE named no lane, by what went wrong",
            ["reason"],
            registry=registry,
        )

    def lane(self, definition: KindDefinition, envelope: Envelope, caller: Caller) -> Lane:
        """The lane of a submission; raises LaneNotAllowed as `choose_lane` does."""
        lane = choose_lane(definition, envelope.lane, caller)
        if self._route is None:
            return lane
        job = RoutedJob(
            kind=definition.kind,
            version=definition.version,
            payload=envelope.payload,
            lane=lane,
            user_id=envelope.user_id,
            tags=tuple(envelope.tags or ()),
            metadata=envelope.metadata or {},
        )
        return self._ask(self._route, job, caller)

    def _ask(self, route: Route, job: RoutedJob, caller: Caller) -> Lane:
        try:
            named = route(job, caller)
        except Exception as error:  # noqa: BLE001 - the deployment's code, it may raise anything
            return self._failed(job, "raised", f"{type(error).__name__}: {error}")
        if named is None:
            return job.lane
        try:
            lane = Lane(named)
        except ValueError:
            return self._failed(job, "no_lane", f"it answered {named!r:.100}")
        return lane if lane is not Lane.PROBE else self._failed(job, "no_lane", "probe is reserved")

    def _failed(self, job: RoutedJob, reason: str, what: str) -> Lane:
        self._failures.labels(reason).inc()
        _log.error(
            "WARREN_ROUTE named no lane; the task goes where it goes without it",
            kind=job.kind,
            lane=job.lane.value,
            reason=what,
        )
        return job.lane


def choose_lane(definition: KindDefinition, wanted: Lane | None, caller: Caller) -> Lane:
    """The lane asked for, or the kind's own; `critical` is for premium customers.

    Raises LaneNotAllowed when somebody else asks for it.
    """
    if wanted is Lane.CRITICAL and not caller.is_premium:
        raise LaneNotAllowed.at("lane", "may be critical for customers of the premium plan only")
    lane = wanted or definition.lane
    return Lane.CRITICAL if caller.is_premium and lane is Lane.DEFAULT else lane


def _takes_two(route: Any) -> bool:
    try:
        inspect.signature(route).bind(None, None)
    except (TypeError, ValueError):
        return False
    return True
