"""No process needs more memory for a million waiting rows than for a thousand."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.integration.worker.conftest import SAMPLES
from warren.stack.ports import free_port
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres, pytest.mark.timeout(300)]

_MANY = 1_000_000
#: Of a thousand callers; only the first have tasks, the others stand behind them.
_ROWS = """
WITH ids AS (SELECT uuidv7() AS id FROM generate_series(1, %s)),
t AS (INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane, payload, state,
        max_attempts)
    SELECT id, id, 'key:test', 'KIND', 1, 'QUEUE', 'default', '{}', 'pending', 4
    FROM (SELECT id FROM ids ORDER BY id LIMIT 5000) AS first)
INSERT INTO outbox (task_id, generation, dispatch, attempt, kind, version, queue, customer_id,
    limit_key, available_at)
SELECT id, 1, 1, 1, 'KIND', 1, 'QUEUE', md5((random() * 1000)::int::text)::uuid, '', now() FROM ids
"""
#: Jobs that nobody does, and jobs that the sample worker does.
_WAIT = _ROWS.replace("KIND", "test.echo").replace("QUEUE", "test.default")
_GO_ON = _ROWS.replace("KIND", "sample.act").replace("QUEUE", "sample.default")
_LEFT = "SELECT count(*) FROM tasks WHERE kind = 'sample.act' AND state <> 'succeeded'"
_FIRE = """
UPDATE schedules SET next_due_at = m, fire_at = m FROM date_trunc('minute', now()) AS m
WHERE kind = 'sample.probe'
"""
_FIRED = "SELECT count(*) FROM schedule_fires"
_FORGET_FIRES = "DELETE FROM schedule_fires"
_PROGRAMS = ("gateway", "relay", "recorder", "scheduler", "housekeeper")
_WORKER = ("-m", "warren.cli.worker_command", "sample_worker", "--concurrency", "2")
#: MiB: caches that fill, and what allocators keep.
_MAY_GROW = 25


class System:
    """All processes, by their names, and what each of them is asked to do."""

    def __init__(self, database: Any, amqp_url: str, folder: Path) -> None:
        self._database = database
        self._ports = free_port(), free_port()
        self._folder = folder
        self._processes: dict[str, psutil.Process] = {}
        self._environment = {
            **os.environ,
            "WARREN_AMQP_URL": amqp_url,
            "WARREN_DATABASE_URL": database.url,
            "WARREN_ARTIFACTS_URL": str(folder / "artifacts"),
            "WARREN_PORT": str(self._ports[0]),
            "WARREN_HOUSEKEEPER_METRICS_PORT": str(self._ports[1]),
            "WARREN_SWEEP_INTERVAL": "1",
            "PYTHONPATH": str(SAMPLES),
            "PERFORMED": os.devnull,
        }
        self._http = httpx.Client(
            base_url=f"http://127.0.0.1:{self._ports[0]}",
            headers={"X-API-Key": database.key()},
            timeout=30,
            trust_env=False,
        )

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start everything, and end it."""
        with ExitStack() as processes:
            for name in _PROGRAMS:
                processes.enter_context(self._process(name, "-m", "gateway", name))
            processes.enter_context(self._process("worker", *_WORKER))
            processes.enter_context(self._http)
            eventually(self._serves, within=60)
            yield

    def resident(self) -> dict[str, float]:
        """MiB of each process with its children: the slots of the worker are such."""
        return {
            name: sum(
                each.memory_info().rss for each in (process, *process.children(recursive=True))
            )
            / 2**20
            for name, process in self._processes.items()
        }

    def add(self, rows: int) -> None:
        """More that waits, and some jobs that are done meanwhile."""
        self._database.ask(_WAIT, rows)
        self._database.ask(_GO_ON, 1000)

    def work(self, waiting: int) -> None:
        """Each process does what it does all the time, with so many rows that wait at least."""
        # Relay, worker and recorder
        eventually(lambda: self._number(_LEFT) == 0, within=60)
        # Gateway and, as these are its jobs, the housekeeper
        for path in ("/api/v1/tasks?limit=200", "/api/v1/queues", "/api/v1/workers", "/metrics"):
            assert self._http.get(path).status_code == 200, path
        for kind in ("sample.act", "api.queue_stats", "api.system_stats"):
            body = {"kind": kind, "payload": dict[str, str]()}
            answer = self._http.post("/api/v1/tasks", json=body, headers={"Prefer": "wait=30"})
            assert answer.json()["status"] == "succeeded", answer.text
        # Its looks into the outbox
        eventually(lambda: self._seen_by_housekeeper() >= waiting, within=60)
        # Scheduler
        self._database.ask(_FORGET_FIRES)
        self._database.ask(_FIRE)
        eventually(lambda: self._number(_FIRED) > 0, within=30)

    @contextmanager
    def _process(self, name: str, *command: str) -> Iterator[None]:
        log = self._folder / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *command], env=self._environment, stdout=output, stderr=output
            )
        self._processes[name] = psutil.Process(process.pid)
        try:
            yield
        finally:
            process.terminate()
            try:
                assert process.wait(30) == 0, log.read_text()[-3000:]
            finally:
                process.kill()

    def _serves(self) -> bool:
        with suppress(httpx.TransportError):
            return self._http.get("/healthz").status_code == 200
        return False

    def _number(self, query: Any) -> int:
        ((number,),) = self._database.ask(query)
        return int(number)

    def _seen_by_housekeeper(self) -> float:
        text = ""
        with suppress(httpx.TransportError):
            text = httpx.get(f"http://127.0.0.1:{self._ports[1]}/metrics", trust_env=False).text
        seen = [
            line for line in text.splitlines() if line.startswith('warren_outbox_rows{state="d')
        ]
        return sum(float(line.split()[-1]) for line in seen)


@pytest.fixture
def system(database: Any, amqp_url: str, tmp_path: Path) -> Iterator[System]:
    system = System(database, amqp_url, tmp_path)
    # Statistics say that nothing waits, as they do on an idle system
    database.ask("VACUUM ANALYZE")
    with system.running():
        yield system


def test_memory_stays_flat_with_a_million_rows(
    system: System, record_property: Callable[[str, object], None]
) -> None:
    # Given processes that have done their work with a thousand rows of as many callers
    system.add(1000)
    system.work(waiting=1)
    before = system.resident()
    # When a million rows wait, and they go on
    system.add(_MANY)
    system.work(waiting=_MANY)
    after = system.resident()
    # Then none has grown by more than its caches
    grown = {name: round(after[name] - before[name], 1) for name in before}
    record_property("grown_mib", grown)
    assert max(grown.values()) < _MAY_GROW, (before, after)
