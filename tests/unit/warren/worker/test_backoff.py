"""Delays between attempts."""

from typing import ClassVar

import pytest

from warren.contracts.job import Job
from warren.worker import JobContext, Worker
from warren.worker.backoff import LONGEST_WAIT, retry_delay, waiting_delay


class Flaky(Job):
    kind: ClassVar[str] = "test.flaky"


class FlakyWorker(Worker[Flaky, None]):
    retry_backoff_base = 3
    retry_backoff_max = 40
    retry_jitter = False

    def perform(self, job: Flaky, context: JobContext) -> None:
        return None


class SteadyWorker(FlakyWorker):
    retry_backoff = False
    retry_delay = 5


class JitteryWorker(FlakyWorker):
    retry_jitter = True


def test_delays_double_up_to_the_maximum() -> None:
    delays = [retry_delay(FlakyWorker, attempt) for attempt in range(1, 7)]

    assert delays == [3, 6, 12, 24, 40, 40]


def test_a_huge_attempt_still_gives_the_maximum() -> None:
    assert retry_delay(FlakyWorker, 100_000) == 40


def test_without_backoff_every_delay_is_the_same() -> None:
    assert {retry_delay(SteadyWorker, attempt) for attempt in (1, 2, 9)} == {5}


def test_who_waits_for_what_is_not_there_looks_for_it_every_half_minute() -> None:
    delays = [waiting_delay(FlakyWorker, times) for times in range(1, 7)]

    assert delays == [3, 6, 12, 24, LONGEST_WAIT, LONGEST_WAIT]
    assert waiting_delay(FlakyWorker, 100_000) == 30


def test_a_wait_that_is_prescribed_is_as_long_as_it_says() -> None:
    assert waiting_delay(ScheduledWorker, 9) == 60
    assert waiting_delay(RareWorker, 9) == 300


def test_jitter_takes_off_at_most_half() -> None:
    assert retry_delay(JitteryWorker, 2, lambda low, _high: low) == pytest.approx(3)
    assert retry_delay(JitteryWorker, 2, lambda _low, high: high) == pytest.approx(6)


class RareWorker(SteadyWorker):
    retry_delay = 300


class ScheduledWorker(FlakyWorker):
    retry_delays = (0, 10, 60)
    retry_jitter = True


def test_a_prescribed_schedule_is_followed_to_the_letter_and_its_last_delay_repeats() -> None:
    assert [retry_delay(ScheduledWorker, attempt) for attempt in range(1, 6)] == [0, 10, 60, 60, 60]
    assert ScheduledWorker.max_retries == 3
