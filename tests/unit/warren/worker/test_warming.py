"""Models are loaded once in a process: at its start, or with the first job."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import pytest

from warren.contracts.job import Job
from warren.worker import JobContext, Worker
from warren.worker.warming import WarmUp


class Speak(Job):
    kind: ClassVar[str] = "test.speak"


class SpeakWorker(Worker[Speak, None]):
    loads: ClassVar[list[int]]
    failures: ClassVar[list[Exception]]

    @classmethod
    def warm_up(cls) -> None:
        if cls.failures:
            raise cls.failures.pop()
        threading.Event().wait(0.05)
        cls.loads.append(1)

    def perform(self, job: Speak, context: JobContext) -> None:
        return None


class LazyWorker(SpeakWorker):
    warm_up_at = "first_job"


@pytest.fixture(autouse=True)
def nothing_is_loaded() -> None:
    SpeakWorker.loads, SpeakWorker.failures = [], []


def test_by_default_it_is_loaded_at_the_start_and_not_again() -> None:
    warm_up = WarmUp(SpeakWorker)
    warm_up.at_start()
    warm_up.ensure()

    assert SpeakWorker.loads == [1]


def test_by_declaration_it_waits_for_the_first_job() -> None:
    warm_up = WarmUp(LazyWorker)
    warm_up.at_start()
    assert LazyWorker.loads == []

    warm_up.ensure()
    assert LazyWorker.loads == [1]


def test_of_jobs_that_begin_at_once_one_loads_and_all_wait_for_it() -> None:
    warm_up = WarmUp(LazyWorker)

    def first_job(_number: int) -> int:
        warm_up.ensure()
        return len(LazyWorker.loads)

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(first_job, range(8))) == {1}


def test_what_failed_is_tried_again_by_the_next_job() -> None:
    LazyWorker.failures.append(FileNotFoundError("voices.bin"))
    warm_up = WarmUp(LazyWorker)
    with pytest.raises(FileNotFoundError):
        warm_up.ensure()

    warm_up.ensure()
    assert LazyWorker.loads == [1]
