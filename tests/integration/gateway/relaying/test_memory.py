"""Relay and recorder need no more memory for a million waiting rows than for a thousand."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

_ROWS = """
WITH ids AS (SELECT uuidv7() AS id FROM generate_series(1, %(count)s)),
t AS (INSERT INTO tasks (id, customer_id, actor, kind, version, queue, lane, payload, state,
        max_attempts)
    SELECT id, id, 'key:test', 'test.echo', 1, 'test.default', 'default', '{}', 'pending', 4
    FROM (SELECT id FROM ids ORDER BY id LIMIT 2000) AS first)
INSERT INTO outbox (task_id, generation, dispatch, attempt, kind, version, queue, customer_id,
    limit_key, available_at)
SELECT id, 1, 1, 1, 'test.echo', 1, 'test.default', md5((random() * 1000)::int::text)::uuid, '',
    now() FROM ids
"""


@contextmanager
def _running(command: str, environment: dict[str, str]) -> Iterator[Path]:
    """A process of the gateway's, by its folder in /proc."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", command],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield Path(f"/proc/{process.pid}")
    finally:
        process.terminate()
        assert process.wait(20) == 0


def _resident_mib(process: Path) -> float:
    pages = int((process / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def test_memory_stays_flat_with_a_million_rows(
    amqp_url: str, database_url: str, database: Any, number: Callable[[str], int]
) -> None:
    environment = {"WARREN_AMQP_URL": amqp_url, "WARREN_DATABASE_URL": database_url}
    with ExitStack() as processes:
        running = [
            processes.enter_context(_running(name, environment)) for name in ("relay", "recorder")
        ]
        # Given processes that have done their work with a thousand rows of as many callers
        database.execute(_ROWS, {"count": 1000})
        eventually(lambda: number("SELECT count(*) FROM in_flight") >= 16, within=30)
        before = [_resident_mib(process) for process in running]
        # When a million rows wait, and windows of them are published one after the other
        database.execute(_ROWS, {"count": 1_000_000})
        for _ in range(10):
            database.execute("DELETE FROM in_flight")
            eventually(lambda: number("SELECT count(*) FROM in_flight") >= 16, within=30)
        after = [_resident_mib(process) for process in running]
    # Then neither has grown by more than its caches
    for small, large in zip(before, after, strict=True):
        assert large < small + 25, f"resident MiB: {before} before, {after} after"
