"""Every job has exactly one handler, in the service whose name its kind begins with."""

import importlib
import inspect
import pkgutil
from collections import Counter

import jsonschema_rs
import pytest

import warren.contracts
from warren.contracts.job import Job
from warren.contracts.kinds import KindDefinition
from warren.contracts.services import installed_services
from warren.worker.catalogue import Service, load_service


@pytest.fixture(scope="module")
def services() -> list[Service]:
    return [load_service(package) for package in [*installed_services(), "gateway.housekeeping"]]


def _shared_jobs() -> set[tuple[str, int]]:
    modules = [
        importlib.import_module(f"warren.contracts.{module.name}")
        for module in pkgutil.iter_modules(warren.contracts.__path__)
    ]
    return {
        (value.kind, value.version)
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Job) and hasattr(value, "kind")
    }


def test_no_job_has_two_handlers(services: list[Service]) -> None:
    handlers = Counter(wire_name for service in services for wire_name in service.workers)

    assert [name for name, count in handlers.items() if count > 1] == []


def test_every_shared_job_has_a_handler(services: list[Service]) -> None:
    handled = {wire_name for service in services for wire_name in service.workers}

    assert _shared_jobs() - handled == set()


def test_service_names_are_unique(services: list[Service]) -> None:
    names = [service.name for service in services]

    assert sorted(set(names)) == sorted(names)


def test_every_announcement_can_be_made_read_and_validated_by(services: list[Service]) -> None:
    for definition in (d for service in services for d in service.definitions()):
        assert KindDefinition.model_validate_json(definition.model_dump_json()) == definition
        assert jsonschema_rs.meta.is_valid(definition.payload_schema), definition.kind
        assert jsonschema_rs.meta.is_valid(definition.result_schema), definition.kind
        assert definition.description, f"{definition.kind}: its job model has no docstring"
