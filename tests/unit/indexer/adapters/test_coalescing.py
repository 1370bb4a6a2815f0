"""Writes that wait together are made together, and each learns what came of its own."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from indexer.adapters.coalescing import Coalescing
from indexer.errors import IndexUnavailable
from indexer.ports import DocumentWrite, Outcome, WriteOutcome
from warren.errors import JobCancelled, TimeLimitExceeded, WarrenError
from warren.testing.deadline import eventually

CUSTOMER = uuid4()


def write(number: int) -> DocumentWrite:
    return DocumentWrite(CUSTOMER, str(number), number + 1, None)


class SlowIndex:
    """Holds the first write up until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.sizes: list[int] = []
        self.error: Exception | None = None

    def __call__(self, writes: Sequence[DocumentWrite]) -> list[WriteOutcome]:
        self.sizes.append(len(writes))
        assert self.go.wait(10)
        if self.error is not None:
            raise self.error
        return [WriteOutcome(Outcome.APPLIED, write.version) for write in writes]


def test_what_comes_during_a_write_goes_together_next() -> None:
    index = SlowIndex()
    coalescing = Coalescing(index)
    with ThreadPoolExecutor(20) as pool:
        first = pool.submit(coalescing.write, [write(0)])
        eventually(lambda: index.sizes)
        others = [pool.submit(coalescing.write, [write(n), write(n + 100)]) for n in range(1, 20)]
        eventually(lambda: len(coalescing.waiting) == 19)
        index.go.set()

        assert [outcome.version for outcome in first.result(10)] == [1]
        for number, other in enumerate(others, start=1):
            assert [o.version for o in other.result(10)] == [number + 1, number + 101]
    assert index.sizes == [1, 38]


def test_an_error_reaches_all_whom_it_concerns_and_nobody_else() -> None:
    index = SlowIndex()
    index.error = IndexUnavailable("away")
    index.go.set()
    coalescing = Coalescing(index)

    with pytest.raises(IndexUnavailable):
        coalescing.write([write(0)])
    index.error = None
    assert len(coalescing.write([write(1)])) == 1


def test_a_large_write_goes_alone() -> None:
    index = SlowIndex()
    index.go.set()

    assert len(Coalescing(index).write([write(n) for n in range(2_000)])) == 2_000
    assert index.sizes == [2_000]


def test_together_they_do_not_grow_without_bound() -> None:
    index = SlowIndex()
    coalescing = Coalescing(index)
    with ThreadPoolExecutor(8) as pool:
        runs = [pool.submit(coalescing.write, [write(n) for n in range(200)]) for _ in range(8)]
        eventually(lambda: index.sizes and len(coalescing.waiting) >= 7)
        index.go.set()
        assert all(len(run.result(10)) == 200 for run in runs)
    assert max(index.sizes) <= 500


class StepByStep:
    """Makes each write when it is told to."""

    def __init__(self) -> None:
        self.steps = threading.Semaphore(0)
        self.sizes: list[int] = []
        self.error: Exception | None = None

    def __call__(self, writes: Sequence[DocumentWrite]) -> list[WriteOutcome]:
        self.sizes.append(len(writes))
        assert self.steps.acquire(timeout=10)
        error, self.error = self.error, None
        if error is not None:
            raise error
        return [WriteOutcome(Outcome.APPLIED, write.version) for write in writes]


def test_whose_write_is_done_does_not_wait_for_the_next_one() -> None:
    index = StepByStep()
    coalescing = Coalescing(index)
    with ThreadPoolExecutor(20) as pool:
        # Given a write that is under way, and ten that will go together next
        first = pool.submit(coalescing.write, [write(0)])
        eventually(lambda: index.sizes)
        together = [pool.submit(coalescing.write, [write(n)]) for n in range(1, 11)]
        eventually(lambda: len(coalescing.waiting) == 10)
        index.steps.release()
        assert first.result(10)
        eventually(lambda: index.sizes == [1, 10])

        # When more come before these are done, and are under way then
        more = [pool.submit(coalescing.write, [write(n)]) for n in range(11, 16)]
        eventually(lambda: len(coalescing.waiting) == 5)
        index.steps.release()

        # Then all ten have their outcomes
        assert all(one.result(5) for one in together)
        eventually(lambda: index.sizes == [1, 10, 5])
        assert not any(one.done() for one in more)
        index.steps.release()
        assert all(one.result(5) for one in more)


@pytest.mark.parametrize("ended", [TimeLimitExceeded("too long"), JobCancelled("not wanted")])
def test_the_end_of_one_job_is_not_that_of_others_whose_writes_it_was_making(
    ended: WarrenError,
) -> None:
    index = StepByStep()
    coalescing = Coalescing(index)
    with ThreadPoolExecutor(20) as pool:
        first = pool.submit(coalescing.write, [write(0)])
        eventually(lambda: index.sizes)
        others = [pool.submit(coalescing.write, [write(n)]) for n in (1, 2, 3)]
        eventually(lambda: len(coalescing.waiting) == 3)
        index.steps.release()
        assert first.result(10)
        eventually(lambda: index.sizes == [1, 3])

        index.error = ended
        index.steps.release(2)

        results = [one.exception(10) for one in others]
    assert [error for error in results if error is not None] == [ended]
    assert index.sizes == [1, 3, 2]
