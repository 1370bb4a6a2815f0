"""At rest: what lies in the store gets old, and the clean-up takes what nobody owns."""

import hashlib
import os
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from tests.chaos.journal import Journal
from tests.chaos.load.asking import Asker, Gateways
from tests.chaos.plan import ChaosPlan

#: In seconds: older than the youngest orphan that a clean-up may take.
_AGE = 2 * 86_400.0
_CLEAN_UP = {"kind": "api.clean_artifacts", "payload": {"days_old": 1}}


def clean_up(
    plan: ChaosPlan, urls: Sequence[str], api_key: str, journal: Journal, artifacts: Path
) -> None:
    """Leave a file as a killed writer does, let all files be two days old, and ask for a clean-up.

    `artifacts` is the store's folder. Nothing else may be going on: the age of a file keeps it
    from the clean-up until its row is written.
    """
    leave_an_orphan(artifacts, f"nobody's, of seed {plan.seed}".encode())
    for path in (artifacts / "sha256").rglob("*"):
        if path.is_file():
            os.utime(path, (time.time() - _AGE, time.time() - _AGE))
    gateways = Gateways(urls, api_key)
    try:
        asker = Asker(gateways, journal, Random(f"{plan.seed} clean-up"))
        asker.ask("clean-up", "/api/v1/tasks", _CLEAN_UP)
    finally:
        gateways.close()


def leave_an_orphan(artifacts: Path, content: bytes) -> Path:
    """A content that no row tells of; returns where it lies."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = artifacts / "sha256" / sha256[:2] / sha256[2:4] / sha256
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
