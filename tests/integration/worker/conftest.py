"""Workers as processes of their own on the test's virtual host, and what they report."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from warren.contracts.ids import new_id
from warren.contracts.message import Dispatch, JobMessage, JobOptions
from warren.contracts.orders import CancelTask
from warren.contracts.status import Status, parse_status, split_statuses
from warren.messaging.consumer import QueueConsumer
from warren.messaging.publisher import Publisher
from warren.messaging.topology import CANCELS_STREAM, CONTROL_QUEUE, STATUS_QUEUE
from warren.testing.deadline import eventually
from warren.testing.publishing import publish_confirmed
from warren.testing.rabbitmq import VirtualHosts

SAMPLES = Path(__file__).parent / "samples"
DEADLINE = 60.0
_COMMAND = (sys.executable, "-m", "warren.cli.worker_command")


class Reports:
    """Reads warren.status and warren.control as a recorder does, and keeps all in order."""

    def __init__(self, consumer: QueueConsumer) -> None:
        self._consumer = consumer
        self.statuses: list[Status] = []
        self.control: list[dict[str, Any]] = []

    def of(self, task: uuid.UUID) -> list[Any]:
        """What was reported about a task so far."""
        return [status for status in self.statuses if status.task_id == task]

    def types_of(self, task: uuid.UUID) -> list[str]:
        """The same, by type alone."""
        return [status.type.removeprefix("task.") for status in self.of(task)]

    def wait_for(self, task: uuid.UUID, *types: str, count: int = 1) -> Any:
        """The `count`th status of the task that has one of these types."""

        def found() -> list[Any]:
            return [s for s in self.of(task) if s.type.removeprefix("task.") in types]

        self.wait_until(lambda: len(found()) >= count, f"{types} of {task}")
        return found()[count - 1]

    def outcome(self, task: uuid.UUID, count: int = 1) -> Any:
        """The task's `count`th outcome."""
        return self.wait_for(task, "succeeded", "retrying", "waiting", "failed", count=count)

    def wait_for_control(self, accept: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first announcement or beat that `accept` likes."""
        self.wait_until(lambda: any(map(accept, self.control)), "a control message")
        return next(filter(accept, self.control))

    def wait_until(
        self, condition: Callable[[], bool], what: str, within: float = DEADLINE
    ) -> None:
        """Read on until the condition holds."""

        def read_until() -> bool:
            if not condition():
                self.read(0.2)
            return condition()

        eventually(read_until, within=within, seen=lambda: f"no {what}, but {self.statuses}")

    def read(self, timeout: float) -> None:
        """Take what has come within `timeout` seconds."""
        for delivery in self._consumer.get_batch(100, timeout):
            if delivery.queue == CONTROL_QUEUE:
                self.control.append(orjson.loads(delivery.body))
            else:
                self.statuses += [parse_status(raw) for raw in split_statuses(delivery.body)]
            self._consumer.ack(delivery)


@pytest.fixture
def reports(amqp_url: str) -> Iterator[Reports]:
    consumer = QueueConsumer(amqp_url, {STATUS_QUEUE: 500, CONTROL_QUEUE: 100}, name="test")
    consumer.start()
    yield Reports(consumer)
    consumer.close(5)


Submit = Callable[..., uuid.UUID]


@pytest.fixture
def submit(amqp_url: str) -> Iterator[Submit]:
    """Publishes a job as the relay does; returns its task's id."""
    publisher = Publisher(amqp_url, name="test", timeout=20)
    publisher.start()

    def send(
        what: str = "nothing",
        *,
        kind: str = "sample.act",
        task: uuid.UUID | None = None,
        dispatch: int = 1,
        attempt: int = 1,
        version: int = 1,
        lane: str = "default",
        **payload: Any,
    ) -> uuid.UUID:
        identity = Dispatch(task or new_id(), 1, dispatch)
        options = JobOptions(customer_id=uuid.uuid4(), attempt=attempt, version=version)
        queue = f"{kind.partition('.')[0]}.{lane}"
        message = JobMessage(identity, kind, queue, {"what": what, **payload}, options)
        publisher.ensure_queue(queue)
        body = message.encode(datetime.now(UTC))
        publish_confirmed(publisher, queue, body, message_id=str(identity))
        return identity.task_id

    yield send
    publisher.close(5)


Cancel = Callable[[uuid.UUID], float]


@pytest.fixture
def cancel(amqp_url: str) -> Iterator[Cancel]:
    """Publishes the order as the relay does; returns when."""
    publisher = Publisher(amqp_url, name="test-cancels", timeout=20)
    publisher.start()

    def order(task: uuid.UUID) -> float:
        publisher.ensure_queue(CANCELS_STREAM)
        message = CancelTask(task_id=task, generation=1, at=datetime.now(UTC), by="key:test")
        publish_confirmed(publisher, CANCELS_STREAM, message.encode())
        return time.monotonic()

    yield order
    publisher.close(5)


class RunningWorker:
    """A `warren worker` process."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return self._log.read_text()

    def wait_for_log(self, text: str, count: int = 1) -> None:
        """Wait until the log holds a text so often."""
        eventually(lambda: self.log.count(text) >= count, within=DEADLINE, seen=lambda: self.log)

    def terminate(self) -> int:
        """SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait(DEADLINE)


StartWorker = Callable[..., RunningWorker]


@contextmanager
def _workers(amqp_url: str, folder: Path) -> Iterator[StartWorker]:
    with ExitStack() as stack:

        def start(
            *arguments: str,
            service: str = "sample_worker",
            wait: bool = True,
            command: Sequence[str] = _COMMAND,
            cwd: Path | None = None,
            **environment: str,
        ) -> RunningWorker:
            log = folder / f"worker-{new_id()}.log"
            with log.open("wb") as file:
                process = subprocess.Popen(
                    [*command, service, *arguments],
                    cwd=cwd,
                    env={**_environment(amqp_url, folder), **environment},
                    stderr=file,
                    stdout=file,
                )
            worker = RunningWorker(process, log)
            stack.callback(worker.kill)
            if wait:
                worker.wait_for_log('"event":"ready"')
            return worker

        yield start


@pytest.fixture
def start_worker(amqp_url: str, folder: Path) -> Iterator[StartWorker]:
    """Starts workers of the sample service (`arguments`, environment by keyword)."""
    with _workers(amqp_url, folder) as start:
        yield start


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where workers of the test leave what they do."""
    return tmp_path


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of `shared_worker`."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="module")
def shared_amqp_url(amqp_server_url: str, rabbitmq_api_url: str) -> Iterator[str]:
    """The virtual host of `shared_worker`."""
    hosts = VirtualHosts(amqp_server_url, rabbitmq_api_url)
    url = hosts.create()
    yield url
    hosts.delete(url)


@pytest.fixture(scope="module")
def shared_worker(shared_amqp_url: str, shared_folder: Path) -> Iterator[RunningWorker]:
    """One worker for all tests of a file that neither end nor harm it."""
    with _workers(shared_amqp_url, shared_folder) as start:
        yield start("--concurrency", "2", "--name", "tester")


def _environment(amqp_url: str, folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(SAMPLES),
        "PERFORMED": str(folder / "performed"),
        "WARREN_AMQP_URL": amqp_url,
        "WARREN_ARTIFACTS_URL": str(folder / "artifacts"),
        "WARREN_LOG_FORMAT": "json",
    }


@pytest.fixture
def performed(folder: Path) -> Callable[[uuid.UUID], int]:
    """How often `perform` of a task was entered."""

    def count(task: uuid.UUID) -> int:
        path = folder / "performed"
        lines = path.read_text().splitlines() if path.exists() else []
        return sum(line.startswith(str(task)) for line in lines)

    return count
