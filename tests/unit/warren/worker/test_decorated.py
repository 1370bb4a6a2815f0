"""Workers that are functions with a decorator."""

import asyncio
import inspect
import threading
from typing import Annotated, Any, ClassVar

import pytest
from pydantic import Field

from warren.client.errors import InvalidJob
from warren.contracts.job import Job
from warren.contracts.lanes import Lane
from warren.errors import ConfigurationError
from warren.testing.worker import FakeContext
from warren.worker import JobContext, Worker, worker
from warren.worker.catalogue import definition


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


@worker(kind="test.count", version=2, lane="low")
def count(
    text: Annotated[str, Field(min_length=1)],
    *,
    times: int = 1,
    marks: list[str] | None = None,
    told: JobContext,
) -> dict[str, int]:
    """Count a text."""
    told.progress(100)
    return {"length": len(text) * times}


@worker(kind="test.ping")
async def ping() -> str:
    return "pong"


def test_the_parameters_of_a_function_are_the_fields_of_its_job() -> None:
    announced = definition("test", count)

    assert (announced.kind, announced.version, announced.lane) == ("test.count", 2, Lane.LOW)
    assert announced.description == "Count a text."
    assert announced.payload_schema["required"] == ["text"]
    assert announced.payload_schema["properties"]["text"]["minLength"] == 1
    assert set(announced.payload_schema["properties"]) == {"text", "times", "marks"}


def test_it_is_called_with_them_and_with_the_context_where_it_wants_one() -> None:
    context = FakeContext()

    job = count.job_model.model_validate({"text": "abc", "times": 2, "unknown": "ignored"})
    assert count().perform(job, context) == {"length": 6}
    assert context.percents == [100]


async def _performed(of: Any) -> Any:
    return await of().perform(of.job_model(), FakeContext())


def test_a_function_without_parameters_is_a_job_without_fields() -> None:
    assert ping.job_model.model_fields == {}
    assert asyncio.run(_performed(ping)) == "pong"


def test_a_wrong_value_is_refused_where_the_job_is_asked_for() -> None:
    with pytest.raises(InvalidJob) as refusal:
        count.perform_async(text="", times=2)

    assert refusal.value.field == "text"


def _untyped(text, times: int = 1) -> None:  # type: ignore[no-untyped-def]
    ...


def _by_position(text: str, /) -> None: ...


def _any_number(*texts: str) -> None: ...


def _any_names(**texts: str) -> None: ...


def _of_an_event(event: threading.Event) -> None: ...


def _wrong_default(times: int = "many") -> None: ...  # type: ignore[assignment]


def _two_contexts(one: JobContext, two: JobContext) -> None: ...


def _name_of_models(copy: str) -> None: ...


def _name_of_jobs(kind: str) -> None: ...


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (_untyped, "the parameter text has no type"),
        (_by_position, "the parameter text can be given by its position only"),
        (_any_number, "the parameter texts takes any number of values"),
        (_any_names, "the parameter texts takes any names"),
        (_of_an_event, "these parameters make no job: Unable to generate"),
        (_wrong_default, "the default of the parameter times, 'many', is none of its type"),
        (_two_contexts, "one and two are both a JobContext"),
        (_name_of_models, "the parameter copy needs another name"),
        (_name_of_jobs, "the parameter kind needs another name"),
    ],
)
def test_what_makes_no_job_is_refused_at_import(function: Any, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as refusal:
        worker(kind="test.kind")(function)

    assert function.__qualname__ in str(refusal.value)


def test_a_kind_stands_in_one_place() -> None:
    with pytest.raises(ConfigurationError, match="kind and version stand on its job model, Greet"):
        worker(kind="test.hello")(_greets)
    with pytest.raises(ConfigurationError, match="write its wire name by hand"):
        worker(kind="Hello")(_greets_by_name)


def _greets(job: Greet, context: JobContext) -> None: ...


def _greets_by_name(name: str) -> None: ...
