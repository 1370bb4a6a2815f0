"""Slot processes, with real children."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.unit.warren.worker.slot_acts import NO_LIMIT, TERMS, act, gone, slot_run
from warren.contracts.status import Progress
from warren.errors import JobCancelled, TimeLimitExceeded
from warren.testing.deadline import eventually
from warren.worker.cancel_signal import CancelSignal
from warren.worker.job_report import Report
from warren.worker.slot_pool import SlotPool
from warren.worker.slot_process import SlotDied, SlotProcess, SlotUnavailable
from warren.worker.verdict import JobFailed, failure_of


def _wait_until_gone(pid: int) -> None:
    eventually(lambda: gone(pid), within=5, seen=lambda: f"process {pid} is still there")


def test_a_slot_runs_one_job_after_the_other_and_loads_once(
    pool: SlotPool, environment: Path
) -> None:
    reports: list[Report] = []
    first = pool.run(slot_run("tell"), NO_LIMIT, reports.append, CancelSignal())
    second = act(pool, "tell")

    assert first.result["pid"] == second.result["pid"] != os.getpid()
    assert [artifact.name for artifact in first.artifacts] == ["out.txt"]
    assert [each.percent for each in reports if isinstance(each, Progress)] == [50]
    assert (environment / "loaded").read_text().splitlines() == [str(first.result["pid"])]


def test_an_error_comes_out_as_the_job_raised_it(pool: SlotPool) -> None:
    with pytest.raises(JobFailed) as caught:
        act(pool, "fail")

    failure = caught.value.failure
    assert (failure.category, failure.error.type) == ("permanent", "PermanentError")
    assert failure.error.message == "will not work: password=***"


def test_the_soft_limit_is_raised_inside_a_sleeping_job(pool: SlotPool) -> None:
    started = time.monotonic()
    with pytest.raises(JobFailed) as caught:
        pool.run(slot_run("sleep", kind="slots.limited"), NO_LIMIT, lambda _: None, CancelSignal())

    assert caught.value.failure.error.type == "TimeLimitExceeded"
    assert caught.value.failure.category == "transient"
    assert time.monotonic() - started < 3
    assert act(pool, "tell").result["pid"] in pool.pids()


@pytest.mark.slow
def test_the_hard_limit_ends_a_native_call_and_the_slot_comes_back(pool: SlotPool) -> None:
    before = pool.pids()
    started = time.monotonic()
    with pytest.raises(TimeLimitExceeded, match=r"still running after 1\.5 seconds"):
        act(pool, "svd", limit=1.5)

    assert time.monotonic() - started < 1.5 + 2
    assert act(pool, "tell").result["pid"] not in before
    _wait_until_gone(before[0])


def test_a_process_that_dies_is_an_error_to_retry_and_the_slot_comes_back(
    pool: SlotPool,
) -> None:
    with pytest.raises(SlotDied, match="signal 11 SIGSEGV"):
        act(pool, "crash")
    with pytest.raises(SlotDied, match="exit code 3"):
        act(pool, "exit", 3)

    assert act(pool, "tell").result["pid"] in pool.pids()


def test_a_job_that_its_parent_left_answers_no_other(pool: SlotPool) -> None:
    def stumble(_report: Report) -> None:
        raise ValueError("no progress today")

    (left,) = pool.pids()
    with pytest.raises(ValueError, match="no progress today"):
        pool.run(slot_run("tell"), NO_LIMIT, stumble, CancelSignal())

    assert act(pool, "tell").result["pid"] != left
    _wait_until_gone(left)


def test_an_answer_for_another_run_is_left_out(pool: SlotPool) -> None:
    (pid,) = pool.pids()

    assert act(pool, "tell_of_another").result["pid"] == pid


def test_a_slot_that_died_while_idle_costs_no_job_its_attempt(pool: SlotPool) -> None:
    os.kill(pool.pids()[0], signal.SIGKILL)
    _wait_until_gone(pool.pids()[0])

    assert act(pool, "tell").result["pid"] in pool.pids()


def test_what_a_job_has_started_and_left_in_its_folder_goes_with_its_slot(
    pool: SlotPool, environment: Path
) -> None:
    scratch = Path(act(pool, "tell").result["tmp"])
    (scratch / "left").write_text("behind")
    with pytest.raises(TimeLimitExceeded):
        act(pool, "helper", limit=1.0)

    _wait_until_gone(int((environment / "helper").read_text()))
    assert not (scratch / "left").exists()


def test_the_signals_of_the_terminal_do_not_disturb_a_slot(pool: SlotPool) -> None:
    (pid,) = pool.pids()
    os.kill(pid, signal.SIGTERM)
    os.kill(pid, signal.SIGINT)

    assert act(pool, "tell").result["pid"] == pid


def test_a_slot_leaves_when_its_parent_hangs_up(environment: Path) -> None:
    pool = SlotPool("slot_sample", 2, TERMS, start_timeout=60)
    pool.start()
    pids = pool.pids()
    started = time.monotonic()

    pool.close(10)

    assert time.monotonic() - started < 5
    for pid in pids:
        assert gone(pid)


def test_jobs_that_come_before_all_slots_have_loaded_run_beside_each_other(
    environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLOW_LOAD", "0.5")
    pool = SlotPool("slot_sample", 3, TERMS, start_timeout=60)
    pool.start()

    end, begun = CancelSignal(), threading.Semaphore(0)
    with ThreadPoolExecutor(2) as threads:
        stuck = [
            threads.submit(pool.run, slot_run("stuck"), NO_LIMIT, lambda _: begun.release(), end)
            for _ in range(2)
        ]
        for _ in stuck:
            assert begun.acquire(timeout=30)
        assert act(pool, "tell").result["pid"] in pool.pids()
        assert len(set(pool.pids())) == 3
        end.make()
        for job in stuck:
            with pytest.raises(JobCancelled):
                job.result(NO_LIMIT)
    pool.close(10)


def test_a_pool_that_closes_while_slots_load_leaves_none_behind(
    environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLOW_LOAD", "0.5")
    pool = SlotPool("slot_sample", 3, TERMS, start_timeout=60)
    pool.start()

    pool.kill()
    pool.close(10)

    for line in (environment / "loaded").read_text().splitlines():
        _wait_until_gone(int(line))


def test_a_spare_slot_is_there_for_one_job_only(environment: Path) -> None:
    # Given a pool of one slot, and another one to spare, and a job in the first
    pool = SlotPool("slot_sample", 1, TERMS, spare=1, start_timeout=60)
    pool.start()
    (usual,) = pool.pids()
    begun, end = threading.Event(), CancelSignal()
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(pool.run, slot_run("stuck"), NO_LIMIT, lambda _: begun.set(), end)
        assert begun.wait(30)
        for _ in range(2):
            # When another one comes, Then it runs in a child of its own
            spare = act(pool, "tell").result["pid"]
            assert spare != usual
            # And that leaves before its thread takes a further job
            renew = pool.renewal()
            assert renew is not None
            renew()
            assert gone(spare)
            assert pool.pids() == [usual]
        end.make()
        with pytest.raises(JobCancelled):
            first.result(NO_LIMIT)
    pool.close(10)


def test_a_spare_slot_that_could_not_be_ended_in_order_is_there_for_the_next_job(
    environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a pool whose only slot is a spare one, after a job
    pool = SlotPool("slot_sample", 0, TERMS, spare=1, start_timeout=60)
    before = act(pool, "tell").result["pid"]
    renew = pool.renewal()
    assert renew is not None
    # When its child cannot be ended
    with monkeypatch.context() as patched:
        patched.setattr(SlotProcess, "retire", _refuse)
        with pytest.raises(OSError, match="no such process"):
            renew()
    # Then the slot is not lost
    assert act(pool, "tell").result["pid"] == before
    pool.close(10)


def _refuse(_slot: SlotProcess) -> None:
    raise OSError("no such process")


def test_a_service_that_cannot_be_loaded_says_why(
    environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFUSE_LOAD", "1")
    pool = SlotPool("slot_sample", 1, TERMS, start_timeout=60)

    with pytest.raises(SlotUnavailable, match=r"FileNotFoundError: voices\.bin is not there"):
        pool.start()
    pool.close(5)


BUSY = """
from warren.contracts.ids import new_id
from warren.worker.cancel_signal import CancelSignal
from warren.worker.job_run import Run
run = Run(new_id(), new_id(), 1, 1, 1, new_id(), "slots.act", 1, dict(what="stuck"), False)
started = threading.Event()
threading.Thread(
    target=lambda: pool.run(run, 60, lambda _p: started.set(), CancelSignal()), daemon=True
).start()
if not started.wait(30):
    sys.exit("the job has not begun")
"""
PARENT = """
import sys, threading
from warren.worker.slot_pool import SlotPool
from warren.worker.slot_process import SlotTerms
from warren.worker.wear import WearLimits
terms = SlotTerms({{("slots.act", 1): WearLimits()}})
pool = SlotPool("slot_sample", 2, terms, start_timeout=60)
pool.start()
{work}
while len(pool.pids()) < 2:
    threading.Event().wait(0.01)
print(*pool.pids(), flush=True)
threading.Event().wait(60)
"""


@pytest.mark.parametrize("busy", [False, True])
def test_killing_the_parent_takes_its_slots_with_it(environment: Path, busy: bool) -> None:
    program = PARENT.format(work=BUSY if busy else "")
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert len(pids) == 2
        parent.kill()
        for pid in pids:
            _wait_until_gone(pid)


def _cancel_once_started(pool: SlotPool, what: str) -> float:
    """Cancel a job when it has reported; returns the seconds until it was over."""
    cancellation, cancelled = CancelSignal(), list[float]()

    def on_progress(_report: Report) -> None:
        cancelled.append(time.monotonic())
        cancellation.make()

    with pytest.raises((JobFailed, JobCancelled)) as caught:
        pool.run(slot_run(what), NO_LIMIT, on_progress, cancellation)
    assert failure_of(caught.value).category == "cancelled"
    return time.monotonic() - cancelled[0]


def test_native_code_of_a_cancelled_job_is_killed_within_two_seconds_and_the_slot_comes_back(
    pool: SlotPool,
) -> None:
    # Given a slot in the middle of native code that listens to nobody
    (before,) = pool.pids()
    # When its task is cancelled, Then it is over soon, and its process with it
    assert _cancel_once_started(pool, "stuck") < 2
    _wait_until_gone(before)
    assert act(pool, "tell").result["pid"] != before


def test_a_cancelled_job_ends_by_itself_at_its_next_checkpoint(pool: SlotPool) -> None:
    # Given a job with checkpoints
    (before,) = pool.pids()
    # When its task is cancelled, Then it ends, and the slot keeps its process and its models
    assert _cancel_once_started(pool, "step") < 1
    assert pool.pids() == [before]
    assert act(pool, "tell").result["pid"] == before


def test_a_job_that_is_cancelled_before_it_reaches_its_slot_does_not_run(pool: SlotPool) -> None:
    cancellation = CancelSignal()
    cancellation.make()
    with pytest.raises(JobCancelled):
        pool.run(slot_run("sleep"), NO_LIMIT, lambda _progress: None, cancellation)
    assert act(pool, "tell").result["pid"] == pool.pids()[0]
