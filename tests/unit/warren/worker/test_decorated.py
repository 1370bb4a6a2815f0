"""Workers that are functions with a decorator."""

import inspect
from typing import Any, ClassVar

import pytest

from warren.contracts.job import Job
from warren.contracts.lanes import Lane
from warren.errors import ConfigurationError
from warren.testing.worker import FakeContext
from warren.worker import JobContext, Worker, worker


class Greet(Job):
    """Greet somebody."""

    kind: ClassVar[str] = "test.greet"

    name: str = "you"


@worker(lane="low", max_retries=1)
def greet(job: Greet, context: JobContext) -> str:
    """Greets."""
    context.progress(50)
    return f"Hello {job.name}"


@worker()
async def greet_slowly(job: Greet, context: JobContext) -> str:
    return f"Hello {job.name}"


def test_a_function_becomes_a_worker_class() -> None:
    assert issubclass(greet, Worker)
    assert (greet.job_model, greet.result_type) == (Greet, str)
    assert (greet.lane, greet.max_retries, greet.time_limit) == (Lane.LOW, 1, 600)
    assert (greet.__name__, greet.__module__, greet.__doc__) == ("greet", __name__, "Greets.")


def test_it_performs_as_it_would_without_the_decorator() -> None:
    context = FakeContext()

    assert greet().perform(Greet(name="Ann"), context) == "Hello Ann"
    assert context.percents == [50]


def test_an_async_function_stays_one() -> None:
    assert inspect.iscoroutinefunction(greet_slowly.perform)


def _takes_nothing() -> None: ...


def _takes_anything(job: Any, context: JobContext) -> None: ...


def _returns_who_knows(job: Greet, context: JobContext):  # type: ignore[no-untyped-def]
    ...


@pytest.mark.parametrize("function", [_takes_nothing, _takes_anything, _returns_who_knows])
def test_a_function_of_another_shape_is_refused(function: Any) -> None:
    with pytest.raises(ConfigurationError, match="write it as def do_it"):
        worker()(function)


def test_an_option_that_worker_does_not_have_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="Worker has no retries"):
        worker(retries=3)(lambda job, context: None)


def test_a_wrong_value_is_refused_as_in_a_class() -> None:
    with pytest.raises(ConfigurationError, match=r"greet\.max_retries is -1"):

        @worker(max_retries=-1)
        def greet(job: Greet, context: JobContext) -> str:
            return job.name
