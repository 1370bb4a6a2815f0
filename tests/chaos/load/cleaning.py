"""At rest: some files expire and the others get old, and the clean-up takes what it has to."""

import hashlib
import os
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

import psycopg

from tests.chaos.faults.system import System
from tests.chaos.journal import Journal
from tests.chaos.load.asking import Asker, Gateways

#: In seconds: older than the youngest orphan that a clean-up may take.
_AGE = 2 * 86_400.0
#: About a third of what the load's jobs have saved.
_EXPIRE = """
UPDATE artifacts SET expires_at = now() - interval '1 second' FROM tasks
WHERE tasks.id = task_id AND kind LIKE 'chaos.file%' AND state = 'succeeded'
    AND hashtext(artifacts.id::text) % 3 = 0
RETURNING task_id::text
"""
_CLEAN_UP = {"kind": "api.clean_artifacts", "payload": {"days_old": 1}}


def clean_up(system: System, urls: Sequence[str], journal: Journal) -> None:
    """Let some files expire, leave one as a killed writer does, make all two days old, and ask for
    a clean-up.

    Nothing else may be going on: the age of a file keeps it from the clean-up until its row is
    written.
    """
    stack = system.stack
    _let_some_expire(stack.descriptor.database_url, journal)
    leave_an_orphan(stack.folder.artifacts, f"nobody's, of seed {system.plan.seed}".encode())
    for path in (stack.folder.artifacts / "sha256").rglob("*"):
        if path.is_file():
            os.utime(path, (time.time() - _AGE, time.time() - _AGE))
    gateways = Gateways(urls, stack.descriptor.api_key)
    try:
        asker = Asker(gateways, journal, Random(f"{system.plan.seed} clean-up"))
        asker.ask("clean-up", "/api/v1/tasks", _CLEAN_UP)
    finally:
        gateways.close()


def _let_some_expire(database_url: str, journal: Journal) -> None:
    with psycopg.connect(database_url, connect_timeout=10) as connection:
        for (task,) in connection.execute(_EXPIRE).fetchall():
            journal.write(event="expired", task=task)


def leave_an_orphan(artifacts: Path, content: bytes) -> Path:
    """A content that no row tells of; returns where it lies."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = artifacts / "sha256" / sha256[:2] / sha256[2:4] / sha256
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
