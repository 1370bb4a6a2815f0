"""Real workers and real losses: what was accepted ends well, and what runs is left alone."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import pika
import psycopg
import pytest
from psycopg.rows import dict_row

from gateway import heartbeat
from gateway.housekeeper import run_housekeeper
from gateway.recorder import run_recorder
from gateway.recording.config import RecorderSettings
from gateway.relay import run_relay
from gateway.relaying.config import RelaySettings
from gateway.sweeping.config import HousekeeperSettings
from tests.asking import rows_of
from tests.program import running_program
from warren.contracts.ids import new_id
from warren.stack.rabbitmq import RabbitMQNode
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres, pytest.mark.slow]

SAMPLES = Path(__file__).parents[2] / "worker" / "samples"
QUEUE = "sample.default"
BEAT_INTERVAL = 1.0
#: Longer than the time between two beats, also on a machine that has other things to do.
AGE = 4.0
LOST_AFTER = 5.0

_WORKER = [sys.executable, "-m", "warren.cli.worker_command", "sample_worker"]
_ACCEPT = """
WITH accepted AS (
    INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane, payload, state,
        max_attempts)
    VALUES (%(id)s, %(customer)s, 'key:test', 'sample.act', 1, %(queue)s, 'default',
        jsonb_build_object('what', %(what)s::text, 'number', %(number)s::float), 'pending', 3)
)
INSERT INTO outbox (task_id, generation, dispatch, attempt, kind, version, queue, customer_id)
VALUES (%(id)s, 1, 1, 1, 'sample.act', 1, %(queue)s, %(customer)s)
"""


class System:
    """Relay, recorder and housekeeper in threads, workers as processes, and a look at the rows."""

    def __init__(self, database_url: str, amqp_url: str, folder: Path, stack: ExitStack) -> None:
        self.amqp_url = amqp_url
        self._database_url = database_url
        self._folder = folder
        self._stack = stack

    def start(self) -> None:
        database, broker = self._database_url, self.amqp_url
        recorder = RecorderSettings(database_url=database, amqp_url=broker)
        relay = RelaySettings(database_url=database, amqp_url=broker)
        housekeeper = HousekeeperSettings(
            database_url=database,
            amqp_url=broker,
            sweep_interval=0.5,
            sweep_age=AGE,
            lost_after=LOST_AFTER,
        )
        self._stack.enter_context(running_program(run_recorder, recorder))
        self._stack.enter_context(running_program(run_relay, relay))
        self._stack.enter_context(running_program(run_housekeeper, housekeeper))

    def worker(self, name: str) -> "subprocess.Popen[bytes]":
        log = self._folder / f"{name}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [*_WORKER, "--name", name, "--concurrency", "1"],
                env={
                    **os.environ,
                    "PYTHONPATH": str(SAMPLES),
                    "PERFORMED": str(self._folder / "performed"),
                    "WARREN_AMQP_URL": self.amqp_url,
                    "WARREN_ARTIFACTS_URL": str(self._folder / "artifacts"),
                },
                stdout=file,
                stderr=file,
            )
        self._stack.callback(_kill, process)
        eventually(lambda: "ready" in log.read_text(), within=60)
        return process

    def submit(self, what: str = "nothing", number: float = 0) -> UUID:
        task = new_id()
        values = {"id": task, "customer": new_id(), "what": what, "number": number}
        self.ask(_ACCEPT, {**values, "queue": QUEUE})
        return task

    def state(self, task: UUID) -> str:
        return str(self.ask("SELECT state FROM tasks WHERE id = %s", [task])[0]["state"])

    def history(self, task: UUID) -> list[tuple[int, str]]:
        query = "SELECT dispatch, type FROM task_history WHERE task_id = %s ORDER BY recorded_at"
        return [(row["dispatch"], row["type"]) for row in self.ask(query, [task])]

    def published(self, task: UUID) -> bool:
        return bool(self.ask("SELECT 1 FROM in_flight WHERE task_id = %s", [task]))

    def performed(self, task: UUID) -> int:
        """How often the job was begun."""
        path = self._folder / "performed"
        lines = path.read_text().splitlines() if path.exists() else []
        return sum(line.startswith(str(task)) for line in lines)

    def ask(self, query: Any, values: Any = ()) -> list[dict[str, Any]]:
        with psycopg.connect(self._database_url, row_factory=dict_row) as connection:
            return rows_of(connection.execute(query, values))

    def wait_for(self, task: UUID, state: str, within: float = 90) -> None:
        eventually(lambda: self.state(task) == state, within=within)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait(30)


@pytest.fixture(autouse=True)
def quick_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all processes beat often, so that silence need not last long to mean something."""
    monkeypatch.setenv("WARREN_BEAT_INTERVAL", str(BEAT_INTERVAL))
    monkeypatch.setattr(heartbeat, "BEAT_INTERVAL", BEAT_INTERVAL)


@pytest.fixture
def system(database_url: str, amqp_url: str, tmp_path: Path) -> Iterator[System]:
    with ExitStack() as stack:
        system = System(database_url, amqp_url, tmp_path, stack)
        system.start()
        yield system


def test_a_task_whose_message_was_dropped_succeeds_all_the_same(system: System) -> None:
    # Given a published task that somebody purges from its queue
    task = system.submit()
    eventually(lambda: system.published(task), within=30)
    with pika.BlockingConnection(pika.URLParameters(system.amqp_url)) as connection:
        connection.channel().queue_purge(QUEUE)

    # When a worker comes up, it finds the task in its queue once more
    system.worker("first")

    system.wait_for(task, "succeeded")
    assert [type_ for _, type_ in system.history(task)].count("task.swept") == 1
    assert system.performed(task) == 1


def test_a_long_run_is_never_swept_while_its_worker_beats(system: System) -> None:
    # Given a job that runs for much longer than it takes to find a lost one
    system.worker("first")
    task = system.submit("sleep", 3 * AGE)

    system.wait_for(task, "succeeded")

    assert system.history(task) == [(1, "task.processing"), (1, "task.succeeded")]
    assert system.performed(task) == 1


def test_a_frozen_worker_loses_its_task_and_is_told_of_and_its_late_word_changes_nothing(
    system: System,
) -> None:
    # Given a worker that freezes in the middle of a job
    frozen = system.worker("frozen")
    task = system.submit("sleep", 2)
    eventually(lambda: system.performed(task) == 1, within=30)
    frozen.send_signal(signal.SIGSTOP)
    system.worker("other")

    # When nothing has been heard of it for long, another worker runs the job
    system.wait_for(task, "succeeded")
    alerts = system.ask("SELECT name, cleared_at FROM alerts")
    assert alerts == [{"name": "worker_lost", "cleared_at": None}]
    assert (1, "task.swept") in system.history(task)

    # Then what the frozen one says when it wakes up is old news, and its alert is over
    frozen.send_signal(signal.SIGCONT)
    eventually(lambda: system.ask("SELECT cleared_at FROM alerts")[0]["cleared_at"], within=60)
    ends = [entry for entry in system.history(task) if entry[1] == "task.succeeded"]
    assert ends == [(2, "task.succeeded")]


def test_a_killed_worker_is_told_of_and_a_stopped_one_is_not(system: System) -> None:
    # Given two workers, one of them in the middle of a job
    killed = system.worker("killed")
    task = system.submit("sleep_once", 60)
    eventually(lambda: system.performed(task) == 1, within=30)
    stopped = system.worker("stopped")
    eventually(lambda: len(system.ask("SELECT 1 FROM workers WHERE service = 'sample'")) == 2)

    # When that one is killed and the other is stopped
    killed.kill()
    stopped.terminate()
    system.worker("next")

    # Then the job succeeds, and only the killed one is missed
    system.wait_for(task, "succeeded")
    eventually(lambda: system.ask("SELECT 1 FROM alerts"), within=60)
    query = "SELECT w.name FROM alerts JOIN workers w ON w.incarnation = subject"
    assert system.ask(query) == [{"name": "killed"}]


def test_tasks_of_a_young_queue_that_a_killed_broker_lost_are_issued_again(
    database_url: str, own_amqp_url: str, rabbitmq_node: RabbitMQNode, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        system = System(database_url, own_amqp_url, tmp_path, stack)
        system.start()
        # Given tasks whose queue was made a moment before the broker is killed
        tasks = [system.submit() for _ in range(5)]
        eventually(lambda: all(map(system.published, tasks)), within=30)
        rabbitmq_node.kill()
        rabbitmq_node.start()

        # When a worker comes up
        system.worker("first")

        # Then all of them succeed, whether or not the broker kept their messages
        for task in tasks:
            system.wait_for(task, "succeeded", within=150)
