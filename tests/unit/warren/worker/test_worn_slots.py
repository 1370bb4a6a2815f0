"""Slots that are replaced, with real children."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.warren.worker.slot_acts import act, gone
from warren.errors import TimeLimitExceeded
from warren.worker.slot_pool import SlotPool
from warren.worker.slot_process import SlotTerms
from warren.worker.verdict import JobFailed
from warren.worker.wear import WearLimits


@pytest.fixture
def worn_pool(environment: Path) -> Iterator[SlotPool]:
    """Its slot is replaced after two jobs, or when one leaves it with more than 150 MiB."""
    terms = SlotTerms({("slots.act", 1): WearLimits(max_memory_mb=150)}, WearLimits(max_tasks=2))
    pool = SlotPool("slot_sample", 1, terms, start_timeout=60)
    pool.start()
    yield pool
    pool.kill()
    pool.close(5)


def _renew(pool: SlotPool) -> bool:
    """What a worker thread does between two jobs; whether there was anything to do."""
    renew = pool.renewal()
    if renew is not None:
        renew()
    return renew is not None


def test_a_slot_is_replaced_after_so_many_jobs_and_the_next_job_finds_it_loaded(
    worn_pool: SlotPool, environment: Path
) -> None:
    # Given a slot whose process may run two jobs
    (first,) = worn_pool.pids()
    scratch = Path(act(worn_pool, "tell").result["tmp"])
    assert not _renew(worn_pool)
    with pytest.raises(JobFailed):
        act(worn_pool, "fail")

    # When its thread is done with the second, however that ended
    assert _renew(worn_pool)

    # Then another process has taken its place, and has loaded already
    (second,) = worn_pool.pids()
    assert second != first
    assert gone(first)
    assert not scratch.exists()
    assert (environment / "loaded").read_text().split() == [str(first), str(second)]
    assert act(worn_pool, "tell").result["pid"] == second


def test_a_slot_that_a_job_leaves_with_too_much_memory_is_replaced(worn_pool: SlotPool) -> None:
    before = worn_pool.pids()
    act(worn_pool, "leak", 100)

    assert _renew(worn_pool)
    assert worn_pool.pids() != before
    assert act(worn_pool, "tell").result["pid"] in worn_pool.pids()


def test_a_worn_slot_runs_no_job_even_if_nobody_has_renewed_it(worn_pool: SlotPool) -> None:
    pids = [act(worn_pool, "tell").result["pid"] for _ in range(4)]

    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_the_replacement_of_a_killed_slot_is_loaded_before_the_next_job_is_taken(
    pool: SlotPool, environment: Path
) -> None:
    with pytest.raises(TimeLimitExceeded):
        act(pool, "helper", limit=0.5)

    assert _renew(pool)
    assert (environment / "loaded").read_text().split()[1:] == [str(pool.pids()[0])]


def test_nobody_waits_for_a_slot_to_load_when_no_job_will_come(
    worn_pool: SlotPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLOW_LOAD", "60")
    for _ in range(2):
        act(worn_pool, "tell")
    worn_pool.stop_renewing()
    started = time.monotonic()

    _renew(worn_pool)

    assert time.monotonic() - started < 20
