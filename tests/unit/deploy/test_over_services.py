"""Checks find the services in their folder: nobody has to list them."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]

MEMBER = """
[project]
name = "{name}"
"""
ENTRY = """
[project.entry-points."warren.services"]
{name} = "{package}"
"""
RULES = """
[tool.importlinter]
root_packages = ["warren"]
include_external_packages = true

[[tool.importlinter.contracts]]
name = "fixed"
type = "layers"
layers = ["a", "b"]

[[tool.warren.worker-import-rules]]
name = "apart"
layers = ["gateway | <workers>", "warren"]

[[tool.warren.worker-import-rules]]
name = "<worker> alone"
containers = ["<worker>"]
"""


@pytest.fixture(scope="module")
def checks() -> ModuleType:
    path = ROOT / "deploy" / "checks" / "over_services.py"
    spec = importlib.util.spec_from_file_location("over_services", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(RULES)
    for name, package in [("api", None), ("indexer", "indexer"), ("b-worker", "b_worker")]:
        folder = tmp_path / "services" / name
        folder.mkdir(parents=True)
        entry = ENTRY.format(name=name, package=package) if package else ""
        (folder / "pyproject.toml").write_text(MEMBER.format(name=name) + entry)
    (tmp_path / "services" / "no-member").mkdir()
    return tmp_path


def test_services_are_folders_with_a_pyproject(checks: ModuleType, checkout: Path) -> None:
    assert [f.name for f in checks.service_folders(checkout)] == ["api", "b-worker", "indexer"]
    assert checks.worker_packages(checkout) == ["b_worker", "indexer"]


def test_rules_are_made_out_for_every_worker(checks: ModuleType, checkout: Path) -> None:
    rules = checks.import_rules(checkout)

    assert rules["root_packages"] == ["warren", "b_worker", "indexer"]
    assert [contract["name"] for contract in rules["contracts"]] == [
        *("fixed", "apart", "b_worker alone", "indexer alone")
    ]
    assert rules["contracts"][1]["layers"] == ["gateway | b_worker | indexer", "warren"]
    assert rules["contracts"][3]["containers"] == ["indexer"]


def test_what_the_tool_is_told_is_toml(checks: ModuleType, checkout: Path) -> None:
    rules = checks.import_rules(checkout)
    file = checkout / "rules.toml"
    file.write_text(checks.as_toml(rules))

    assert checks._toml(file)["tool"]["importlinter"] == rules


def test_no_tool_of_this_repository_lists_the_workers(checks: ModuleType) -> None:
    lists = [ROOT / "pyproject.toml", ROOT / "Makefile", *(ROOT / "deploy").rglob("*.sh")]
    names = [name for p in checks.worker_packages(ROOT) for name in (p, p.replace("_", "-"))]

    assert names
    for path in lists:
        assert [name for name in names if name in path.read_text()] == [], path


def test_an_unknown_check_says_what_there_is(
    checks: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checks.main(["colours"]) == 2
    assert "types" in capsys.readouterr().err
