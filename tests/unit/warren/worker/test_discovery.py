"""Worker classes are found wherever a service may keep them, and what is wrong names its file."""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from warren.errors import ConfigurationError
from warren.worker.discovery import find_workers

WORKER = """
from typing import ClassVar
from warren.contracts.job import Job
from warren.worker import JobContext, Worker

class {name}(Job):
    kind: ClassVar[str] = "sample.{kind}"

class {name}Worker(Worker[{name}, None]):
    def perform(self, job, context):
        return None
"""
BASES = """
from abc import abstractmethod
from typing import ClassVar, TypeVar
from warren.contracts.job import Job
from warren.worker import JobContext, Worker

T = TypeVar("T", bound=Job)
R = TypeVar("R")

class Urgent(Worker):
    lane = "critical"

class Logged(Urgent, Worker[T, R]):
    def perform(self, job, context):
        return self.work(job)

class Unfinished(Logged[T, R]):
    @abstractmethod
    def work(self, job): ...

class Ping(Job):
    kind: ClassVar[str] = "sample.ping"

class PingWorker(Logged[Ping, None]):
    def work(self, job):
        return None
"""
DECORATED = """
from typing import ClassVar
from warren.contracts.job import Job
from warren.worker import JobContext, worker

class Ping(Job):
    kind: ClassVar[str] = "sample.ping"

@worker(lane="low")
def ping(job: Ping, context: JobContext) -> None:
    return None
"""


def worker(name: str) -> str:
    return WORKER.format(name=name.title(), kind=name)


MakePackage = Callable[[Mapping[str, str]], str]


@pytest.fixture
def make_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakePackage]:
    monkeypatch.syspath_prepend(tmp_path)
    package = f"found_{tmp_path.name.replace('-', '_')}"

    def make(files: Mapping[str, str]) -> str:
        for name, content in {"__init__.py": "", **files}.items():
            path = tmp_path / package / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return package

    yield make
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        del sys.modules[name]


def kinds(package: str) -> list[str]:
    return [kind for kind, _version in find_workers(package)]


def test_workers_are_found_at_any_depth_below_the_folder(make_package: MakePackage) -> None:
    package = make_package(
        {
            "actors.py": worker("first"),
            "workers/__init__.py": worker("second"),
            "workers/third.py": worker("third"),
            "workers/deep/__init__.py": "",
            "workers/deep/deeper/fourth.py": worker("fourth"),
        }
    )

    assert kinds(package) == ["sample.first", "sample.second", "sample.fourth", "sample.third"]


@pytest.mark.parametrize("place", ["actors.py", "workers.py", "workers/a.py", "actors/__init__.py"])
def test_one_place_is_enough(make_package: MakePackage, place: str) -> None:
    assert kinds(make_package({place: worker("only")})) == ["sample.only"]


def test_bases_are_left_out(make_package: MakePackage) -> None:
    assert kinds(make_package({"workers/ping.py": BASES})) == ["sample.ping"]


def test_a_class_that_several_modules_import_is_one_worker(make_package: MakePackage) -> None:
    package = make_package({"workers/ping.py": worker("ping")})
    make_package({"actors.py": f"from {package}.workers.ping import PingWorker"})

    assert kinds(package) == ["sample.ping"]


def test_a_decorated_function_is_found(make_package: MakePackage) -> None:
    assert kinds(make_package({"workers/ping.py": DECORATED})) == ["sample.ping"]


def test_programs_and_other_folders_are_not_imported(make_package: MakePackage) -> None:
    package = make_package(
        {
            "workers/ping.py": worker("ping"),
            "workers/__main__.py": "raise SystemExit(1)",
            "workers/not-python/a.py": "raise SystemExit(1)",
            "elsewhere.py": "raise SystemExit(1)",
        }
    )

    assert kinds(package) == ["sample.ping"]


def test_a_module_that_cannot_be_imported_is_named(make_package: MakePackage) -> None:
    package = make_package(
        {"actors.py": worker("ping"), "workers/deep/bad.py": "\nimport no_such_module_at_all"}
    )

    with pytest.raises(ConfigurationError, match=rf"{package}/workers/deep/bad\.py:2"):
        find_workers(package)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('    cron_schedule = "61 * * * *"', r"workers\.ping\.PingWorker\.cron_schedule"),
        ('    lane = "urgent"', r"workers\.ping\.PingWorker\.lane is 'urgent': give one of"),
    ],
)
def test_a_wrong_declaration_is_named(make_package: MakePackage, line: str, message: str) -> None:
    package = make_package(
        {"workers/ping.py": worker("ping").replace("    def perform", f"{line}\n    def perform")}
    )

    with pytest.raises(ConfigurationError, match=message):
        find_workers(package)


def test_two_workers_of_one_wire_name_are_named_with_their_files(
    make_package: MakePackage,
) -> None:
    package = make_package({"workers/a.py": worker("ping"), "workers/b.py": worker("ping")})

    with pytest.raises(ConfigurationError, match=r"workers/a\.py.*workers/b\.py.*one handler"):
        find_workers(package)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "has neither an actors.py nor a folder workers/"),
        ({"workers/__init__.py": ""}, r"workers/__init__\.py defines no Worker class"),
    ],
)
def test_a_service_without_jobs_is_refused(
    make_package: MakePackage, files: Mapping[str, str], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        find_workers(make_package(files))
