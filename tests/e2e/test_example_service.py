"""The example, started by hand beside a running stack from the folder in which it lies."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.client import Client
from warren.stack.stack import Stack
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres, pytest.mark.slow]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
WARREN = Path(sys.executable).parent / "warren"
_PATIENCE = 120.0


@pytest.fixture
def example(stack: Stack, client: Client, tmp_path: Path) -> Iterator[Path]:
    """The example's log; its kinds are announced."""
    log = tmp_path / "example.log"
    environment = {
        **os.environ,
        "WARREN_AMQP_URL": stack.descriptor.amqp_url,
        "WARREN_ARTIFACTS_URL": stack.descriptor.artifacts_dir,
        "WARREN_LOG_FORMAT": "json",
    }
    with log.open("wb") as file:
        process = subprocess.Popen(
            [str(WARREN), "worker", "example_worker"],
            cwd=EXAMPLES,
            env=environment,
            stdout=file,
            stderr=file,
        )
    try:
        eventually(lambda: announced(client), within=_PATIENCE, seen=log.read_text)
        yield log
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_PATIENCE)
        finally:
            process.kill()


def announced(client: Client) -> bool:
    items = client.get_until_answered("/api/v1/kinds").json()["items"]
    return {"example.health_check", "example.process_data"} <= {item["kind"] for item in items}


def submit(client: Client, kind: str, **payload: object) -> str:
    answer = client.http.post("/api/v1/tasks", json={"kind": kind, "payload": payload})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["task_id"])


@pytest.mark.timeout(600)
def test_the_example_does_its_jobs(example: Path, client: Client) -> None:
    # Given a worker that listed its jobs when it started
    log = example.read_text()
    assert '"kind":"example.process_data"' in log
    assert '"schedule":"*/10 * * * * UTC"' in log

    # When each of its jobs is asked for
    check = submit(client, "example.health_check")
    options = {"format": "csv"}
    good = submit(client, "example.process_data", user_id=7, processing_options=options)
    bad = submit(client, "example.process_data", user_id=7, processing_options={"colour": "red"})

    # Then what can be done is done
    assert client.wait(check, _PATIENCE)["status"] == "succeeded"
    assert client.result(check)["status"] == "healthy"
    assert client.wait(good, _PATIENCE)["status"] == "succeeded"
    done = client.result(good)
    assert (done["user_id"], done["status"]) == (7, "completed")
    assert done["options"] == {"format": "csv", "limit": 100, "anonymize": False}

    # And what was wrong is named, and was not tried again
    failed = client.wait(bad, _PATIENCE)
    assert (failed["status"], failed["attempt"]) == ("failed", 1)
    assert "processing_options.colour: is not known" in failed["error"]["message"]


@pytest.mark.timeout(600)
def test_the_schedule_of_the_example_is_known(example: Path, client: Client) -> None:
    def schedule() -> dict[str, object] | None:
        items = client.get_until_answered("/api/v1/schedules").json()["items"]
        return next((item for item in items if item["kind"] == "example.health_check"), None)

    assert eventually(schedule, within=_PATIENCE)["cron"] == "*/10 * * * *"
