"""Run a check over every service that lies in services/, without a list of them anywhere.

    python deploy/checks/over_services.py types [FILE …]      mypy; everything without files
    python deploy/checks/over_services.py layers              import-linter

A service is a folder of services/ with a pyproject.toml; a worker is one that says so itself, by an
entry point of the group "warren.services". The rules stand in the root's pyproject.toml: those of
`[tool.importlinter]` hold as they are, those of `[[tool.warren.worker-import-rules]]` are made out
for the workers ("<worker>" once for each, "<workers>" for all of them).
"""

import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
EACH, ALL = "<worker>", "<workers>"
Table = dict[str, Any]


def service_folders(root: Path) -> list[Path]:
    """The folders of all services, in order."""
    return sorted(path.parent for path in root.glob("services/*/pyproject.toml"))


def worker_packages(root: Path) -> list[str]:
    """The packages of the services that hold jobs."""
    projects = [_toml(folder / "pyproject.toml")["project"] for folder in service_folders(root)]
    groups = [project.get("entry-points", {}).get("warren.services", {}) for project in projects]
    return sorted(package for group in groups for package in group.values())


def import_rules(root: Path) -> Table:
    """What import-linter is to be told: its table, with a contract more for each worker's rule."""
    tools = _toml(root / "pyproject.toml")["tool"]
    table, workers = dict(tools["importlinter"]), worker_packages(root)
    table["root_packages"] = [*table["root_packages"], *workers]
    rules = tools["warren"]["worker-import-rules"]
    made_out = [made for rule in rules for made in _made_out(rule, workers)]
    table["contracts"] = [*table["contracts"], *made_out]
    return table


def _made_out(rule: Table, workers: list[str]) -> Iterator[Table]:
    for worker in workers if EACH in json.dumps(rule) else [""]:
        yield {key: _filled(value, worker, workers) for key, value in rule.items()}


def _filled(value: Any, worker: str, workers: list[str]) -> Any:
    if isinstance(value, list):
        return [_filled(item, worker, workers) for item in value]
    if isinstance(value, str):
        return value.replace(EACH, worker).replace(ALL, " | ".join(workers))
    return value


def as_toml(table: Table) -> str:
    """The text of `[tool.importlinter]`; strings, lists and switches are the same in JSON."""
    lines = ["[tool.importlinter]"]
    lines += [f"{k} = {json.dumps(v)}" for k, v in table.items() if k != "contracts"]
    for contract in table["contracts"]:
        lines += ["", "[[tool.importlinter.contracts]]"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in contract.items()]
    return "\n".join(lines) + "\n"


def check_types(root: Path, files: list[str]) -> int:
    """mypy, which cannot tell by itself that `services/indexer` is a folder of packages."""
    folders = os.pathsep.join(str(folder.relative_to(root)) for folder in service_folders(root))
    return _run(root, ["mypy", *files], MYPYPATH=folders)


def check_layers(root: Path) -> int:
    """import-linter, over services that are installed and services that are not yet."""
    path = os.pathsep.join(str(folder) for folder in service_folders(root))
    with tempfile.TemporaryDirectory() as scratch:
        config = Path(scratch) / "rules.toml"
        config.write_text(as_toml(import_rules(root)))
        return _run(root, ["lint-imports", "--config", str(config)], PYTHONPATH=path)


def _run(root: Path, command: list[str], **environment: str) -> int:
    program = Path(sys.executable).parent / command[0]
    return subprocess.run(  # noqa: S603 - a tool of our own environment
        [str(program), *command[1:]], cwd=root, env={**os.environ, **environment}, check=False
    ).returncode


def _toml(path: Path) -> Table:
    return tomllib.loads(path.read_text())


def main(arguments: list[str]) -> int:
    """Run what the first word names; returns the tool's exit code."""
    match arguments:
        case ["types", *files]:
            return check_types(ROOT, files)
        case ["layers"]:
            return check_layers(ROOT)
    sys.stderr.write(f"{__doc__}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
