"""A Worker class is checked when it is made."""

import types
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from warren.contracts.job import Job
from warren.contracts.lanes import Lane
from warren.errors import ConfigurationError
from warren.worker import JobContext, Worker
from warren.worker.catalogue import definition


class Greet(Job):
    kind: ClassVar[str] = "test.greet"

    name: str = "you"


class Greeting(BaseModel):
    text: str


def _declare(name: str = "GreetWorker", **attributes: Any) -> type[Worker[Greet, Greeting]]:
    def perform(self: object, job: Greet, context: JobContext) -> Greeting:
        return Greeting(text=f"Hello {job.name}")

    class Base(Worker[Greet, Greeting]):
        perform = None  # type: ignore[assignment]

    return type(name, (Base,), {"perform": perform, **attributes})


def test_a_worker_knows_its_models_and_defaults() -> None:
    worker = _declare()

    assert worker.job_model is Greet
    assert worker.result_type is Greeting
    assert worker.lane is Lane.DEFAULT
    assert (worker.max_retries, worker.soft_time_limit, worker.time_limit) == (3, 540, 600)


def test_words_become_members() -> None:
    worker = _declare(lane="critical", pool="gpu", audience="operator")

    assert (worker.lane, worker.pool, worker.audience) == ("critical", "gpu", "operator")


def test_limits_are_declared_beside_the_rest() -> None:
    worker = _declare(rate_limit="10/s", limit_key="{payload.name}", concurrency_key="")

    announced = definition("test", worker)

    assert (announced.rate_limit, announced.burst, announced.limit_key) == (
        "10/s",
        None,
        "{payload.name}",
    )
    assert (announced.concurrency_key, announced.concurrency_limit) == ("", 1)


def test_a_time_limit_alone_brings_its_soft_limit_along() -> None:
    assert _declare(time_limit=10).soft_time_limit == pytest.approx(9)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("lane", "urgent"),
        ("pool", "tpu"),
        ("audience", "everybody"),
        ("isolation", "fibre"),
        ("rate_limit", "10 a second"),
        ("rate_limit", 10),
        ("burst", 0),
        ("limit_key", "{payload.nobody}"),
        ("limit_key", None),
        ("concurrency_key", "{customer}"),
        ("concurrency_limit", 0),
        ("max_retries", -1),
        ("max_retries", 1.5),
        ("max_retries", True),
        ("retry_backoff", "yes"),
        ("retry_backoff_base", 0),
        ("retry_delay", -1),
        ("retry_delays", []),
        ("retry_delays", [1, "2"]),
        ("max_age", 0),
        ("retry_backoff_max", -5),
        ("retry_jitter", 1),
        ("time_limit", 0),
        ("time_limit", float("inf")),
        ("soft_time_limit", float("nan")),
        ("soft_time_limit", 600),
    ],
)
def test_a_wrong_attribute_is_named_with_its_class(attribute: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=rf"WrongWorker\.{attribute} is "):
        _declare("WrongWorker", **{attribute: value})


def test_a_worker_without_models_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="Untyped must name its models"):

        class Untyped(Worker):  # type: ignore[type-arg]
            def perform(self, job: Any, context: JobContext) -> None:
                return None


def test_a_base_that_only_sets_attributes_needs_no_models() -> None:
    class Urgent(Worker):  # type: ignore[type-arg]
        max_retries = 7

    class UrgentWorker(Urgent, Worker[Greet, None]):
        def perform(self, job: Greet, context: JobContext) -> None:
            return None

    assert UrgentWorker.max_retries == 7


def test_a_job_model_without_kind_is_refused() -> None:
    class Nameless(Job):
        pass

    with pytest.raises(ConfigurationError, match=r"NamelessWorker: Nameless\.kind is None"):

        class NamelessWorker(Worker[Nameless, None]):
            pass


@pytest.mark.parametrize("kind", ["Test.greet", "greet", "test.", "test greet"])
def test_a_kind_that_is_no_wire_name_is_refused(kind: str) -> None:
    model = type("Odd", (Job,), {"kind": kind, "__annotations__": {"kind": ClassVar[str]}})

    with pytest.raises(ConfigurationError, match=r"OddWorker: Odd\.kind is"):
        types.new_class("OddWorker", (Worker[model, None],))  # type: ignore[valid-type]


def test_a_generic_base_leaves_its_models_open() -> None:
    from typing import Generic, TypeVar

    AnyJob = TypeVar("AnyJob", bound=Job)
    AnyResult = TypeVar("AnyResult")

    class Patient(Worker[AnyJob, AnyResult], Generic[AnyJob, AnyResult]):
        max_retries = 20

    class PatientGreetWorker(Patient[Greet, Greeting]):
        def perform(self, job: Greet, context: JobContext) -> Greeting:
            return Greeting(text="")

    assert (PatientGreetWorker.job_model, PatientGreetWorker.max_retries) == (Greet, 20)
