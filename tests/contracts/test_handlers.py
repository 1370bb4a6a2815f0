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
from warren.worker.catalogue import Service, definition, load_service
from warren.worker.probe import probe_worker


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


def test_only_what_a_schedule_repeats_goes_without_dead_letters(services: list[Service]) -> None:
    probe = definition("sample", probe_worker("sample", "a process"))
    announced = [probe, *(d for service in services for d in service.definitions())]
    without = [d for d in announced if not d.dead_letter]

    assert {d.kind for d in without} == {"sample.probe", "api.health_check"}
    assert all(d.schedule for d in without)


def test_every_announcement_can_be_made_read_and_validated_by(services: list[Service]) -> None:
    for announced in (d for service in services for d in service.definitions()):
        assert KindDefinition.model_validate_json(announced.model_dump_json()) == announced
        assert jsonschema_rs.meta.is_valid(announced.payload_schema), announced.kind
        assert jsonschema_rs.meta.is_valid(announced.result_schema), announced.kind
        assert announced.description, f"{announced.kind}: its job model has no docstring"
