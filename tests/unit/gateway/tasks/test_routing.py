"""What a route may answer, and what becomes of a task when it does not."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from gateway.authentication import Caller
from gateway.problems import LaneNotAllowed
from gateway.tasks.envelope import parse_envelope
from gateway.tasks.routing import Route, RoutedJob, Router, load_route
from warren.contracts.ids import new_id
from warren.contracts.kinds import KindDefinition
from warren.contracts.lanes import Lane
from warren.errors import ConfigurationError

KIND = KindDefinition(kind="a.b", version=2, service="a", lane=Lane.LOW, payload_schema={})
CALLER = Caller(customer_id=new_id(), plan="standard", actor="key:x", scopes=frozenset())


class _Routed:
    """A router with a route, and what it has counted."""

    def __init__(self, route: Route | None) -> None:
        self._registry = CollectorRegistry()
        self._router = Router(route, self._registry)

    def lane(self, **fields: Any) -> Lane:
        envelope = parse_envelope({"kind": "a.b", "payload": {"n": 1}, **fields})
        return self._router.lane(KIND, envelope, CALLER)

    def failures(self, reason: str) -> float | None:
        name = "warren_route_failures_total"
        return self._registry.get_sample_value(name, {"reason": reason})


@pytest.mark.parametrize(
    ("answer", "lane"),
    [(Lane.CRITICAL, Lane.CRITICAL), ("default", Lane.DEFAULT), (None, Lane.LOW)],
)
def test_a_route_names_the_lane_or_leaves_it(answer: Any, lane: Lane) -> None:
    assert _Routed(lambda _job, _caller: answer).lane() is lane


def test_a_route_is_told_what_was_submitted_and_by_whom() -> None:
    # Given a route that keeps what it is given
    seen: list[tuple[RoutedJob, Caller]] = []

    def route(job: RoutedJob, caller: Caller) -> None:
        seen.append((job, caller))

    # When a task comes
    _Routed(route).lane(lane="default", tags=["x"], user_id="u", metadata={"m": 1})
    # Then it has seen all of it, with the lane that it would have without a route
    job = RoutedJob("a.b", 2, {"n": 1}, Lane.DEFAULT, "u", ("x",), {"m": 1})
    assert seen == [(job, CALLER)]


def _raises(_job: RoutedJob, _caller: Caller) -> Lane:
    raise RuntimeError("no idea")


@pytest.mark.parametrize(
    ("route", "reason"),
    [
        (_raises, "raised"),
        (lambda _job, _caller: "express", "no_lane"),
        (lambda _job, _caller: Lane.PROBE, "no_lane"),
        (lambda _job, _caller: 7, "no_lane"),
        (lambda _job, _caller: [], "no_lane"),
    ],
)
def test_a_route_that_fails_is_counted_and_changes_nothing(
    route: Callable[..., Any], reason: str
) -> None:
    routed = _Routed(route)
    assert routed.lane() is Lane.LOW
    assert routed.failures(reason) == 1


def test_a_route_opens_no_lane_to_a_wish_that_the_plan_excludes() -> None:
    with pytest.raises(LaneNotAllowed):
        _Routed(lambda _job, _caller: Lane.CRITICAL).lane(lane="critical")


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """An importable module of the deployment's."""
    module = ModuleType("deployment_routes")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def test_a_route_is_found_by_its_name(deployment: ModuleType) -> None:
    deployment.route = _raises  # type: ignore[attr-defined]
    assert load_route("deployment_routes:route") is _raises
    assert load_route(None) is None


async def _asynchronous(job: RoutedJob, caller: Caller) -> Lane:
    return Lane.LOW


@pytest.mark.parametrize(
    "route", [_asynchronous, "low", lambda job: Lane.LOW], ids=["async", "text", "one argument"]
)
def test_what_is_no_plain_function_of_two_is_refused(deployment: ModuleType, route: Any) -> None:
    deployment.route = route  # type: ignore[attr-defined]
    with pytest.raises(ConfigurationError, match="plain function of two arguments"):
        load_route("deployment_routes:route")


@pytest.mark.parametrize(
    "reference", ["", "deployment_routes", "deployment_routes:absent", "no_such_module:route", ":x"]
)
def test_what_cannot_be_imported_is_refused(deployment: ModuleType, reference: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be imported"):
        load_route(reference)
