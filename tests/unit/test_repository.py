"""Rules of the house that no linter knows."""

import ast
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
MEMBERS = [ROOT / "shared", *sorted(p.parent for p in ROOT.glob("services/*/pyproject.toml"))]
SOURCES = sorted(
    path
    for folder in ("shared", "services", "bench", "deploy", "examples")
    for path in (ROOT / folder).rglob("*.py")
)


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_pins_every_package_by_hash_and_names_no_address(lock: Path) -> None:
    text = lock.read_text()

    assert "://" not in text
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    entries = re.split(r"\n(?=[a-z0-9])", text.strip(), flags=re.IGNORECASE)
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)


@pytest.mark.parametrize("member", MEMBERS, ids=lambda path: path.name)
def test_every_dependency_of_a_member_is_locked(member: Path) -> None:
    names = {
        re.split(r"[^a-z0-9-]", line)[0]
        for line in (ROOT / "requirements" / "runtime.txt").read_text().lower().splitlines()
        if "==" in line
    }
    own = {tomllib.loads((m / "pyproject.toml").read_text())["project"]["name"] for m in MEMBERS}

    project = tomllib.loads((member / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[^\w-]", line)[0].lower() for line in project["dependencies"]}

    assert wanted - own <= names


def test_no_file_is_longer_than_400_lines_and_most_are_short() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in SOURCES}

    assert {str(p.relative_to(ROOT)): n for p, n in lengths.items() if n > 400} == {}
    assert statistics.quantiles(lengths.values(), n=10)[-1] <= 250


def test_no_function_is_longer_than_50_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{name} has {lines} lines"
        for path in SOURCES
        for name, lines in _functions(path)
        if lines > 50
    ]

    assert long == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty_words = {"utils", "util", "helpers", "helper", "common", "manager", "core", "misc"}

    assert [str(path) for path in SOURCES if path.stem in empty_words] == []


def test_the_readme_fits_on_a_few_screens_and_shows_both_commands() -> None:
    readme = (ROOT / "README.md").read_text()

    assert len(readme.splitlines()) <= 150
    assert "make demo" in readme
    assert "make test" in readme


def test_what_tests_measure_is_in_the_report_of_a_run(tmp_path: Path) -> None:
    measuring = tmp_path / "test_measuring.py"
    measuring.write_text("def test(record_property): record_property('per_second', 7)")
    report = tmp_path / "report.xml"
    options = ["-p", "no:cacheprovider", f"--rootdir={tmp_path}", f"--junitxml={report}"]

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", *options, measuring],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert '<property name="per_second" value="7"' in report.read_text()
