"""The behaviour that the in-memory system shows, of real servers and processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from tests.behaviour.cases import BehaviourCases
from tests.behaviour.system import System
from warren.client import TaskHandle
from warren.client.gateway_client import GatewayClient, standing_in
from warren.contracts.states import TaskState
from warren.stack.stack import Stack
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]
SERVICE = "tests.behaviour.service"
_PATIENCE = 120.0


class RealSystem:
    """Works by itself; seen over HTTP."""

    def __init__(self, client: GatewayClient) -> None:
        self._client = client

    def steps(self, task: TaskHandle[Any]) -> list[str]:
        items = self._client.get(f"/api/v1/tasks/{task.id}/history")["items"]
        return [item["type"].removeprefix("task.") for item in items]

    def result(self, task: TaskHandle[Any]) -> Any:
        return TaskHandle(task.id).wait(_PATIENCE)

    def submit(self, kind: str, payload: dict[str, Any], **options: Any) -> TaskHandle[Any]:
        body = orjson.dumps({"kind": kind, "payload": payload, **options})
        answer = self._client.post("/api/v1/tasks", body, idempotency_key=str(uuid4()))
        return TaskHandle(UUID(answer["task_id"]))

    def retry(self, task: TaskHandle[Any]) -> None:
        self._client.post(f"/api/v1/tasks/{task.id}/retry", b"", idempotency_key=str(uuid4()))

    def when_running(self, task: TaskHandle[Any], do: Callable[[], object]) -> None:
        eventually(lambda: task.status().status is TaskState.PROCESSING, within=_PATIENCE)
        do()

    def made_by_schedule(self, kind: str) -> list[UUID]:
        def made() -> list[UUID]:
            items = self._client.get(f"/api/v1/tasks?kind={kind}")["items"]
            return [UUID(item["task_id"]) for item in items]

        return eventually(made, within=_PATIENCE)


@pytest.fixture(scope="module")
def gateway(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayClient]:
    """The gateway of a stack beside which a worker runs the service."""
    log = tmp_path_factory.mktemp("behaviour") / "worker.log"
    client = GatewayClient(stack.descriptor.gateway_url, stack.descriptor.api_key)
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "warren.cli.worker_command", SERVICE],
            cwd=ROOT,
            env={
                **os.environ,
                "WARREN_AMQP_URL": stack.descriptor.amqp_url,
                "WARREN_ARTIFACTS_URL": stack.descriptor.artifacts_dir,
                "WARREN_LOG_FORMAT": "json",
            },
            stdout=file,
            stderr=file,
        )

    def announced() -> bool:
        return any(i["kind"] == "behaviour.greet" for i in client.get("/api/v1/kinds")["items"])

    try:
        eventually(announced, within=_PATIENCE, seen=log.read_text)
        yield client
    finally:
        client.close()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_PATIENCE)
        finally:
            process.kill()


@pytest.fixture
def system(gateway: GatewayClient) -> Iterator[System]:
    with standing_in(gateway):
        yield RealSystem(gateway)


@pytest.mark.timeout(300)
class TestOnRealServers(BehaviourCases):
    """All of them."""

    def test_a_due_time_becomes_one_task(self, system: System) -> None:
        """Last, as what is defined here: its minute passes while others run."""
        super().test_a_due_time_becomes_one_task(system)
