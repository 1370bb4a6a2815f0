"""A deployment's route chooses the lanes of what is submitted over HTTP."""

import sys
from collections.abc import Callable
from types import ModuleType

import httpx
import pytest

from gateway.app import create_app
from gateway.authentication import Caller
from gateway.config import GatewaySettings
from gateway.tasks.routing import RoutedJob
from tests.integration.gateway.conftest import Database
from warren.errors import ConfigurationError

pytestmark = pytest.mark.postgres

SPEAK = {"kind": "tts.synthesize", "payload": {"text": "hello"}}


def _route(job: RoutedJob, caller: Caller) -> str:
    if "wrong" in job.tags:
        return "express"
    if "broken" in job.tags:
        raise RuntimeError("the table of customers is gone")
    return "low" if caller.plan == "standard" else job.lane


@pytest.fixture
def routed(
    settings: GatewaySettings,
    database: Database,
    serve: Callable[[GatewaySettings], str],
    connect: Callable[[str, str], httpx.Client],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[str], httpx.Client]:
    """Clients, by plan, of a gateway with that route."""
    module = ModuleType("deployment_routes")
    module.route = _route  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    url = serve(settings.model_copy(update={"route": "deployment_routes:route"}))
    return lambda plan: connect(url, database.key(plan=plan))


def _lane_of(database: Database, answer: httpx.Response) -> tuple[str, str]:
    assert answer.status_code == 202, answer.text
    task = answer.json()["task_id"]
    ((lane, queue),) = database.ask("SELECT lane, queue FROM tasks WHERE id = %s", task)
    return lane, queue


def test_the_route_chooses_by_job_and_caller(
    routed: Callable[[str], httpx.Client], database: Database
) -> None:
    # Given a route that sends what standard customers want to the low lane
    # When each of two customers submits the same
    standard = routed("standard").post("/api/v1/tasks", json=SPEAK)
    premium = routed("premium").post("/api/v1/tasks", json=SPEAK)
    # Then the one waits in the low lane, and the other where it would without a route
    assert _lane_of(database, standard) == ("low", "tts.low")
    assert _lane_of(database, premium) == ("critical", "tts.critical")


def test_a_route_that_fails_loses_no_submission(
    routed: Callable[[str], httpx.Client], database: Database
) -> None:
    # Given a route that raises, and answers nonsense
    client = routed("standard")
    # When tasks are submitted
    answers = [
        client.post("/api/v1/tasks", json=SPEAK | {"tags": [tag]}) for tag in ("broken", "wrong")
    ]
    # Then they go where they go without it, and both failures are counted
    assert [_lane_of(database, answer)[0] for answer in answers] == ["default", "default"]
    counted = client.get("/metrics").text
    assert 'warren_route_failures_total{reason="raised"} 1.0' in counted
    assert 'warren_route_failures_total{reason="no_lane"} 1.0' in counted


def test_a_gateway_does_not_start_with_a_route_that_is_none(settings: GatewaySettings) -> None:
    with pytest.raises(ConfigurationError, match="WARREN_ROUTE"):
        create_app(settings.model_copy(update={"route": "no_such_module:route"}))
