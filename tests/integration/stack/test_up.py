import json
import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from tests.integration.stack.conftest import WARREN
from warren.stack.folder import StackFolder
from warren.stack.plan import GATEWAY_SIDE
from warren.stack.postgres import PostgresServer
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres, pytest.mark.slow]


@contextmanager
def up(folder: StackFolder, database_url: str = "") -> Iterator["subprocess.Popen[bytes]"]:
    """A `warren up` that is ready; killed at the end if it still runs."""
    environment = {**os.environ, "WARREN_DATABASE_URL": database_url}
    process = subprocess.Popen(
        [WARREN, "up", "--root", str(folder.path.parent)],
        stdout=subprocess.DEVNULL,
        env=environment,
    )
    try:
        eventually(lambda: folder.descriptor.exists() or process.poll() is not None, within=90)
        assert process.poll() is None, "warren up has ended before it was ready"
        yield process
    finally:
        process.kill()
        process.wait(10)


def described(folder: StackFolder) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(folder.descriptor.read_text())
    return content


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_up_describes_what_runs_refuses_a_second_and_leaves_nothing_behind(
    folder: StackFolder,
) -> None:
    with up(folder) as process:
        # Given a stack that is ready, and described to scripts
        stack = described(folder)
        names = {entry["name"] for entry in stack["processes"]}
        assert names >= {"rabbitmq", "postgres", *GATEWAY_SIDE, "tts-worker"}
        assert names >= {"sync-worker", "chatbot"}
        assert stat.S_IMODE(folder.descriptor.stat().st_mode) == 0o600
        assert httpx.get(f"{stack['gateway_url']}/readyz", trust_env=False).status_code == 200
        metrics = httpx.get(stack["metrics_urls"]["housekeeper"], trust_env=False).text
        assert "# TYPE warren_alerts_total counter" in metrics
        metrics = httpx.get(stack["metrics_urls"]["sync-worker"], trust_env=False).text
        assert 'warren_slots{service="sync",state="free"}' in metrics

        # When somebody starts a second one in the same folder
        second = subprocess.run(
            [WARREN, "up", "--root", str(folder.path.parent)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        # Then it is refused with one line
        assert second.returncode == 2
        assert second.stderr.startswith("warren: a stack already runs here")
        assert second.stderr.count("\n") == 1

        # And when the first is told to stop, everything ends
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert not folder.descriptor.exists()
        assert [entry for entry in stack["processes"] if not is_gone(entry["pid"])] == []


def test_the_programs_of_a_killed_stack_die_with_it_and_clean_ends_its_servers(
    folder: StackFolder,
) -> None:
    # Given a stack that gets no chance to stop anything
    with up(folder) as process:
        stack = described(folder)
        process.kill()
        process.wait(10)
    servers = {"rabbitmq", "postgres"}
    programs = [e["pid"] for e in stack["processes"] if e["name"] not in servers]
    eventually(lambda: all(is_gone(pid) for pid in programs))

    # When somebody cleans up
    subprocess.run([WARREN, "clean", "--root", str(folder.path.parent)], check=True, timeout=60)

    # Then neither a process nor the folder is left
    assert not folder.path.exists()
    eventually(lambda: all(is_gone(entry["pid"]) for entry in stack["processes"]))


def test_up_uses_the_database_that_is_named_and_leaves_it_running(
    folder: StackFolder, own_postgres: PostgresServer
) -> None:
    # Given a PostgreSQL of one's own
    url = own_postgres.start()
    with up(folder, url) as process:
        # When the stack is up, then it has none beside that, and keeps there what it accepts
        stack = described(folder)
        assert stack["database_url"] == url
        assert "postgres" not in {entry["name"] for entry in stack["processes"]}
        assert not folder.postgres.exists()
        answer = httpx.post(
            f"{stack['gateway_url']}/api/v1/speech",
            json={"text": "Kept elsewhere."},
            headers={"Authorization": f"Bearer {stack['api_key']}"},
            trust_env=False,
        )
        assert answer.status_code == 202
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0

    # And that is still there when it has stopped
    with psycopg.connect(url) as connection:
        kept = connection.execute("SELECT id::text FROM tasks WHERE kind = 'tts.synthesize'")
        assert [row[0] for row in kept] == [answer.json()["task_id"]]
