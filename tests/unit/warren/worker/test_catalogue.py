"""Services are found by name, and what is wrong with one is said with its file."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from warren.contracts.kinds import KindDefinition
from warren.contracts.lanes import Lane, Pool
from warren.contracts.retries import RetryPolicy
from warren.errors import ConfigurationError
from warren.worker.catalogue import load_service

ACTORS = """
from typing import ClassVar
from warren.contracts.job import Job
from warren.worker import JobContext, Worker

class Ping(Job):
    '''Answer.'''
    kind: ClassVar[str] = "sample.ping"

class Paint(Job):
    kind: ClassVar[str] = "sample.paint"

class PingWorker(Worker[Ping, None]):
    lane = "critical"
    def perform(self, job, context):
        return None

class PaintWorker(Worker[Paint, dict[str, int]]):
    pool = "gpu"
    isolation = "process"
    def perform(self, job, context):
        return {}
"""
CONFIGURED = """
import os
from typing import ClassVar
from warren.contracts.job import Job
from warren.worker import Worker

class Ping(Job):
    kind: ClassVar[str] = "sample.ping"

class PingWorker(Worker[Ping, None]):
    rate_group = "sample"

    @classmethod
    def configured(cls):
        return dict(rate_limit=os.environ['SAMPLE_RATE'])

    def perform(self, job, context):
        return None
"""
MakeService = Callable[..., str]


@pytest.fixture
def make_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeService]:
    monkeypatch.syspath_prepend(tmp_path)
    made: list[str] = []

    def make(actors: str, init: str = 'SERVICE = "sample"') -> str:
        package = f"sample_service_{len(made)}_{tmp_path.name.replace('-', '_')}"
        folder = tmp_path / package
        folder.mkdir()
        (folder / "__init__.py").write_text(init)
        (folder / "actors.py").write_text(actors)
        made.append(package)
        return package

    yield make
    for name in [name for name in sys.modules if name.split(".")[0] in made]:
        del sys.modules[name]


def test_a_service_is_found_by_package_and_by_distribution_name(
    make_service: MakeService,
) -> None:
    package = make_service(ACTORS)

    for name in (package, package.replace("_", "-")):
        service = load_service(name)
        assert service.name == "sample"
        assert set(service.workers) == {("sample.ping", 1), ("sample.paint", 1)}


def test_a_worker_is_announced_as_its_class_declares_it(make_service: MakeService) -> None:
    service = load_service(make_service(ACTORS))
    ping, paint = sorted(service.definitions(), key=lambda d: d.lane)

    assert (ping.kind, ping.lane, ping.pool) == ("sample.ping", Lane.CRITICAL, None)
    assert ping.description == "Answer."
    assert ping.payload_schema["additionalProperties"] is False
    assert (paint.isolation, paint.result_schema["type"]) == ("process", "object")


def test_what_a_deployment_decides_on_is_read_when_the_service_is_loaded(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = make_service(CONFIGURED)

    for rate in ("5/s", "7/s"):
        monkeypatch.setenv("SAMPLE_RATE", rate)
        (definition,) = load_service(package).definitions()
        assert (definition.rate_limit, definition.rate_group) == (rate, "sample")


@pytest.mark.parametrize(
    ("given", "words"),
    [("rate_limit='fast'", "rate_limit is 'fast'"), ("speed=3", "'speed'")],
)
def test_what_a_deployment_may_not_decide_is_named(
    make_service: MakeService, given: str, words: str
) -> None:
    actors = CONFIGURED.replace("rate_limit=os.environ['SAMPLE_RATE']", given)

    with pytest.raises(ConfigurationError, match=words):
        load_service(make_service(actors))


def test_a_worker_announces_how_it_is_tried_again(make_service: MakeService) -> None:
    patient = ACTORS.replace(
        'lane = "critical"', 'lane = "critical"\n    retry_delays = (5, 60)\n    max_age = 3600'
    )
    service = load_service(make_service(patient))
    ping, paint = sorted(service.definitions(), key=lambda d: d.lane)

    assert ping.max_retries == 2
    assert ping.retry is not None
    assert (ping.retry.delays, ping.retry.max_age) == ([5, 60], 3600)
    assert paint.retry == RetryPolicy(
        backoff=True, backoff_base=1, backoff_max=600, delay=1, jitter=True, max_age=86_400
    )


def test_an_announcement_of_an_older_release_is_readable() -> None:
    older = KindDefinition(kind="sample.ping", version=1, service="sample", payload_schema={})
    document = older.model_dump(mode="json", exclude={"retry"})

    assert KindDefinition.model_validate(document).retry is None


def test_queues_follow_lanes_and_pools(make_service: MakeService) -> None:
    service = load_service(make_service(ACTORS))

    assert service.for_pool(Pool.CPU).queues([Lane.LOW, Lane.CRITICAL]) == [
        "sample.critical",
        "sample.low",
    ]
    assert service.for_pool(Pool.GPU).queues([Lane.DEFAULT]) == [
        "sample.default",
        "sample.gpu.default",
    ]


@pytest.mark.parametrize("name", ["absent-worker", "absent.worker", "a b", ""])
def test_an_unknown_service_is_named(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"no service '{name}' is installed here"):
        load_service(name)


@pytest.mark.parametrize(
    ("actors", "line"),
    [("import no_such_module_at_all", 1), ("x = (", 1), ("\n\n1 / 0", 3)],
)
def test_an_import_error_names_file_and_line(
    make_service: MakeService, actors: str, line: int
) -> None:
    package = make_service(actors)

    with pytest.raises(ConfigurationError, match=rf"{package}/actors\.py:{line}"):
        load_service(package)


def test_a_wrong_attribute_is_passed_on_as_it_is(make_service: MakeService) -> None:
    package = make_service(ACTORS.replace('"critical"', '"urgent"'))

    with pytest.raises(ConfigurationError, match=r"actors\.PingWorker\.lane is 'urgent'"):
        load_service(package)


def test_two_workers_with_one_wire_name_are_refused(make_service: MakeService) -> None:
    package = make_service(ACTORS.replace("sample.paint", "sample.ping"))

    with pytest.raises(ConfigurationError, match=r"both handle sample\.ping version 1"):
        load_service(package)


def test_two_versions_of_a_kind_stand_side_by_side(make_service: MakeService) -> None:
    twice = ACTORS.replace('"sample.paint"', '"sample.ping"\n    version: ClassVar[int] = 2')

    assert set(load_service(make_service(twice)).workers) == {
        ("sample.ping", 1),
        ("sample.ping", 2),
    }


@pytest.mark.parametrize(
    ("actors", "init", "message"),
    [
        (ACTORS, "", "must name its service"),
        (ACTORS, 'SERVICE = "Sample-1"', "must be one lower-case word"),
        ("", 'SERVICE = "sample"', "defines no Worker class"),
    ],
)
def test_an_incomplete_service_is_refused(
    make_service: MakeService, actors: str, init: str, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        load_service(make_service(actors, init))


def test_a_pool_without_jobs_is_refused(make_service: MakeService) -> None:
    only_gpu = ACTORS.replace('lane = "critical"', 'pool = "gpu"')

    with pytest.raises(ConfigurationError, match="has no job for the pool cpu"):
        load_service(make_service(only_gpu)).for_pool(Pool.CPU)
