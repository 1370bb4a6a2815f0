"""Children made for one job, with real processes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from warren.contracts.ids import new_id
from warren.errors import TimeLimitExceeded
from warren.testing.deadline import eventually
from warren.worker.cancel_signal import CancelSignal
from warren.worker.catalogue import load_service
from warren.worker.discovery import AnyWorker
from warren.worker.disposable import DisposableSlots
from warren.worker.job_run import Run
from warren.worker.slot_process import SlotDied, SlotUnavailable
from warren.worker.verdict import Failure, JobFailed, Success

SAMPLES = Path(__file__).parent / "slot_samples"
KINDS = pytest.mark.parametrize("kind", ["slots.act", "slots.thread"])


@pytest.fixture
def slots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DisposableSlots]:
    monkeypatch.syspath_prepend(SAMPLES)
    monkeypatch.setenv("PYTHONPATH", str(SAMPLES))
    monkeypatch.setenv("LOADED_FILE", str(tmp_path / "loaded"))
    monkeypatch.setenv("WARREN_ARTIFACTS_URL", str(tmp_path / "artifacts"))
    slots = DisposableSlots("slot_sample", start_timeout=60, memory_limit=512)
    yield slots
    slots.close()


def _worker(kind: str) -> AnyWorker:
    return load_service("slot_sample").workers[kind, 1]


def _run(slots: DisposableSlots, what: str, number: int = 0, kind: str = "slots.act") -> Success:
    payload = {"what": what, "number": number}
    run = Run(new_id(), new_id(), 1, 1, 1, new_id(), kind, 1, payload, repeated=False)
    return slots.run(run, _worker(kind), lambda _progress: None, CancelSignal())


def _failure(slots: DisposableSlots, *arguments: Any, **options: Any) -> Failure:
    with pytest.raises(JobFailed) as caught:
        _run(slots, *arguments, **options)
    return caught.value.failure


@KINDS
def test_each_job_has_a_child_of_its_own_whatever_its_isolation(
    slots: DisposableSlots, kind: str
) -> None:
    first, second = _run(slots, "tell", kind=kind), _run(slots, "tell", kind=kind)

    assert first.result["pid"] != second.result["pid"]
    assert not Path(first.result["tmp"]).exists()


@KINDS
def test_a_child_that_dies_by_itself_is_a_crash_with_its_last_words(
    slots: DisposableSlots, kind: str
) -> None:
    failure = _failure(slots, "crash", kind=kind)

    assert failure.category == "crashed"
    assert "signal 11 SIGSEGV" in failure.error.message
    assert "Segmentation fault" in (failure.error.traceback or "")
    assert "in _crash" in (failure.error.traceback or "")


def test_a_child_that_leaves_without_an_answer_is_a_crash(slots: DisposableSlots) -> None:
    failure = _failure(slots, "exit", 3)

    assert (failure.category, "exit code 3" in failure.error.message) == ("crashed", True)


def test_an_error_of_the_job_is_no_crash(slots: DisposableSlots) -> None:
    assert _failure(slots, "fail").category == "permanent"


def test_what_needs_more_memory_than_its_limit_will_not_be_tried_again(
    slots: DisposableSlots,
) -> None:
    assert _run(slots, "allocate", 64).result == {"bytes": 64 << 20}

    failure = _failure(slots, "allocate", 2048)

    assert (failure.category, failure.error.type) == ("permanent", "MemoryError")


def test_a_child_that_is_ended_by_the_time_limit_is_no_crash(
    slots: DisposableSlots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_worker("slots.act"), "time_limit", 0.3)

    with pytest.raises(TimeLimitExceeded):
        _run(slots, "sleep")


def test_a_child_that_we_kill_is_no_crash(slots: DisposableSlots) -> None:
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(_run, slots, "sleep", kind="slots.thread")
        eventually(slots.pids)
        slots.kill()

        # It may still have been loading: then it was not tried at all.
        assert isinstance(running.exception(20), SlotDied | SlotUnavailable)
