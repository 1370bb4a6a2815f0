"""Every former name leads to something that is there."""

import importlib
import inspect
import pkgutil

import gateway.housekeeping
import warren.contracts
from gateway.aliases import KINDS, PATHS, SINGLE_PATHS, current_path
from gateway.app import create_app
from gateway.config import GatewaySettings
from warren.contracts.catalogue import CATALOGUE_JOBS
from warren.contracts.job import Job


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


def test_every_former_path_leads_to_a_route() -> None:
    paths = set(create_app(GatewaySettings()).openapi()["paths"])

    for former in PATHS:
        assert any(path.startswith(current_path(former)) for path in paths), former
    assert set(map(current_path, SINGLE_PATHS)) <= paths


def test_other_paths_stay() -> None:
    for path in ("/", "/api/v1/documents", "/documents2", "//documents", "/healthz"):
        assert current_path(path) == path
