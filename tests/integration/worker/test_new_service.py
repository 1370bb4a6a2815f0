"""What `warren new-service` writes passes all checks and does its job, with no change elsewhere."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
#: A folder that is an identifier is harder for the tools than one with a dash in its name.
NAMES = ("picture-worker", "indexes")
WRITTEN = [
    *(f"services/{name}" for name in NAMES),
    *(f"tests/unit/{name.replace('-', '_')}" for name in NAMES),
]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
Run = Callable[..., str]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this repository without its tests, and with two services more."""
    copy = tmp_path_factory.mktemp("checkout")
    for folder in ("shared", "services", "deploy", "examples", "requirements"):
        shutil.copytree(
            ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", ".*")
        )
    (copy / "tests" / "unit").mkdir(parents=True)
    for file in ("pyproject.toml", "Makefile"):
        shutil.copy(ROOT / file, copy / file)
    warren = Path(sys.executable).parent / "warren"
    for name in NAMES:
        run([str(warren), "new-service", name], copy)
    return copy


@pytest.fixture(scope="module")
def environment(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], str]]:
    """The programs of an environment in which the copy is installed, as `make setup` does it."""
    folder = tmp_path_factory.mktemp("environment")
    run([sys.executable, "-m", "venv", "--without-pip", str(folder)], checkout)
    packages = sysconfig.get_path("purelib", vars={"base": str(folder)})
    # Third-party packages come from the environment of the tests; `.pth` files there count for
    # nothing, so that Warren is found in the copy alone.
    Path(packages, "tests.pth").write_text(sysconfig.get_path("purelib") + "\n")
    members = [checkout / "shared", *sorted((checkout / "services").iterdir())]
    run(
        [
            *(str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"),
            *("install", "--quiet", "--no-input", "--no-index", "--no-build-isolation"),
            *("--no-deps", "--ignore-installed"),
            *(word for member in members for word in ("--editable", str(member))),
        ],
        checkout,
    )
    yield lambda program: str(folder / "bin" / program)
    shutil.rmtree(folder)


def run(command: list[str], folder: Path) -> str:
    """What a program writes; fails with all of it unless it ends well."""
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
        env={**os.environ, "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_it_is_clean_and_well_formatted(checkout: Path) -> None:
    ruff = str(Path(sys.executable).parent / "ruff")

    run([ruff, "check", "--no-cache", *WRITTEN], checkout)
    run([ruff, "format", "--no-cache", "--check", *WRITTEN], checkout)


def test_its_types_are_right(checkout: Path) -> None:
    checks = str(checkout / "deploy" / "checks" / "over_services.py")

    assert "no issues found" in run([sys.executable, checks, "types", *WRITTEN], checkout)


def test_it_keeps_to_the_layers(checkout: Path) -> None:
    checks = str(checkout / "deploy" / "checks" / "over_services.py")

    told = run([sys.executable, checks, "layers"], checkout)

    assert "The business of picture_worker is plain Python behind ports KEPT" in told
    assert "The business of indexes is plain Python behind ports KEPT" in told
    assert " 0 broken" in told


def test_its_own_tests_pass(checkout: Path, environment: Callable[[str], str]) -> None:
    tests = [word for word in WRITTEN if word.startswith("tests")]

    told = run(
        [environment("python"), "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests], checkout
    )

    assert "10 passed" in told


def test_the_installer_and_the_stack_know_it(
    checkout: Path, environment: Callable[[str], str]
) -> None:
    plan = "from warren.stack.plan import all_workers; print(*(w.service for w in all_workers()))"

    workers = {path.parent.name for path in ROOT.glob("services/*/pyproject.toml")} - {"api"}
    assert run([environment("python"), "-c", plan], checkout).split() == sorted({*workers, *NAMES})


@pytest.mark.rabbitmq
@pytest.mark.parametrize("name", NAMES)
def test_it_does_a_job(
    start_worker: Any, submit: Any, reports: Any, environment: Callable[[str], str], name: str
) -> None:
    kind = f"{name.removesuffix('-worker')}.estimate_reading"
    worker = start_worker(
        service=name, command=[environment("warren"), "worker"], wait=False, PYTHONPATH=""
    )

    task = submit(kind=kind, text="Six words can be quickly read.")

    reports.wait_until(lambda: "succeeded" in reports.types_of(task), "success", within=240)
    assert reports.outcome(task).data.result["words"] == 6
    assert f'"kind":"{kind}"' in worker.log
