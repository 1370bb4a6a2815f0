"""Slots of the sample service."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.warren.worker.slot_acts import SAMPLES, TERMS
from warren.worker.slot_pool import SlotPool


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(SAMPLES))
    monkeypatch.setenv("LOADED_FILE", str(tmp_path / "loaded"))
    monkeypatch.setenv("HELPER_PID_FILE", str(tmp_path / "helper"))
    monkeypatch.setenv("WARREN_ARTIFACTS_URL", str(tmp_path / "artifacts"))
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    return tmp_path


@pytest.fixture
def pool(environment: Path) -> Iterator[SlotPool]:
    pool = SlotPool("slot_sample", 1, TERMS, start_timeout=60)
    pool.start()
    yield pool
    pool.kill()
    pool.close(5)
