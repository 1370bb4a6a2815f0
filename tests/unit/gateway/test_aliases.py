"""Every former name leads to something that is there."""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import gateway.housekeeping
import warren.contracts
from gateway.aliases import DONE_BY, KINDS, PATHS, SINGLE_PATHS, current_path
from gateway.app import create_app
from gateway.config import GatewaySettings
from warren.contracts.catalogue import CATALOGUE_JOBS
from warren.contracts.job import Job

PAGE = Path(__file__).resolve().parents[3] / "docs" / "howto" / "upload-clients.md"


def _kinds() -> set[str]:
    modules = [
        importlib.import_module(module.name)
        for package in (warren.contracts, gateway.housekeeping)
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    declared = [value for module in modules for value in vars(module).values()]
    jobs = [value for value in declared if inspect.isclass(value) and issubclass(value, Job)]
    return {job.kind for job in (*jobs, *CATALOGUE_JOBS.values()) if hasattr(job, "kind")}


def test_every_former_name_of_a_kind_leads_to_one() -> None:
    assert set(KINDS.values()) <= _kinds()
    assert len(KINDS) == 37


def test_what_does_a_former_name_s_work_is_a_route() -> None:
    paths = create_app(GatewaySettings()).openapi()["paths"]
    assert DONE_BY.keys() <= set(KINDS.values())

    for request in DONE_BY.values():
        method, _, path = request.partition("?")[0].partition(" ")
        path = re.sub("/catalogue/(products|services|accessories)", "/catalogue/{kind}", path)
        assert method.lower() in paths.get(path, {}), request


def test_the_page_says_of_each_former_name_what_becomes_of_it() -> None:
    tables = PAGE.read_text().partition("| former name | submitted as |")[2]
    submitted, _, done = tables.partition("| former name | done by |")

    assert _rows(submitted) == {n: k for n, k in KINDS.items() if k not in DONE_BY}
    assert _rows(done) == {n: DONE_BY[k] for n, k in KINDS.items() if k in DONE_BY}


def _rows(table: str) -> dict[str, str]:
    """What stands beside each name; `{a,b}` in both cells makes several rows of one."""
    cells = re.findall(r"^\| `(\S+)` \| `([^`]+)` \|$", table, re.MULTILINE)
    return dict(
        row for name, beside in cells for row in zip(_each(name), _each(beside), strict=True)
    )


def _each(cell: str) -> list[str]:
    found = re.search(r"\{(\w+(?:,\w+)+)\}", cell)
    return [cell.replace(found[0], word) for word in found[1].split(",")] if found else [cell]


def test_every_former_path_leads_to_a_route() -> None:
    paths = set(create_app(GatewaySettings()).openapi()["paths"])

    for former in PATHS:
        assert any(path.startswith(current_path(former)) for path in paths), former
    assert set(map(current_path, SINGLE_PATHS)) <= paths


def test_other_paths_stay() -> None:
    for path in ("/", "/api/v1/documents", "/documents2", "//documents", "/healthz"):
        assert current_path(path) == path
