"""docker-compose.yml is valid, complete, and agrees with what it starts."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from gateway.config import GatewaySettings
from indexer.config import SearchNodeSettings
from tests.unit.test_settings_documented import ALL, variables
from warren.sealing import SealingSettings

ROOT = Path(__file__).resolve().parents[3]
COMPOSE: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.yml")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
SCRAPED = YAML(typ="safe").load(ROOT / "deploy" / "prometheus" / "prometheus.yml")["scrape_configs"]
each_of_ours = pytest.mark.parametrize("name", sorted(OURS))


def _variables(service: dict[str, Any]) -> dict[str, str]:
    given: dict[str, str] = service.get("environment", {})
    return given


def _healthy_without_a_port() -> set[str]:
    return {name for name, service in OURS.items() if service["command"][0] == "migrate"}


def test_it_is_valid_by_the_compose_specification() -> None:
    vendored = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    schema = json.loads(vendored.read_text())

    errors = [
        f"{list(error.instance_path)}: {error.message}"
        for error in jsonschema_rs.validator_for(schema).iter_errors(COMPOSE)
    ]

    assert errors == []


def test_every_service_of_the_repository_runs() -> None:
    folders = {path.parent.name for path in ROOT.glob("services/*/pyproject.toml")}
    built = {service["build"]["args"]["SERVICE"] for service in OURS.values()}

    assert folders - built == set()
    workers = {
        service["command"][1] for service in OURS.values() if service["command"][0] == "worker"
    }
    assert folders - {"api"} <= workers


def test_whatever_a_service_refers_to_is_there() -> None:
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", {})) <= set(SERVICES), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).is_dir(), (name, source)
        if service in OURS.values():
            assert (ROOT / service["build"]["dockerfile"]).is_file()


def test_prometheus_scrapes_every_process_that_has_numbers() -> None:
    jobs = {job["job_name"]: job for job in SCRAPED}
    found = {
        config["names"][0]: config["port"]
        for job in SCRAPED
        for config in job.get("dns_sd_configs", [])
    }

    assert found.keys() == OURS.keys() - _healthy_without_a_port()
    assert all(jobs[name]["dns_sd_configs"][0]["names"] == [name] for name in found)
    for name, port in found.items():
        shown = {*_variables(OURS[name]).values(), "9464"}
        assert str(port) in shown, name


@each_of_ours
def test_a_container_is_confined_and_its_size_limited(name: str) -> None:
    service = OURS[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert "--processes" not in service["command"], "one process in each container"


@each_of_ours
def test_a_container_is_told_only_variables_that_are_read(name: str) -> None:
    known = {variable for settings in ALL for variable in variables(settings)}
    others = {"HEALTH_URL", "OMP_NUM_THREADS", "TMPDIR"}

    assert set(_variables(OURS[name])) - known - others == set()


def test_workers_do_not_know_where_the_database_is() -> None:
    told = {name for name, service in OURS.items() if "WARREN_DATABASE_URL" in _variables(service)}

    assert told == {"migrate", "gateway", "relay", "recorder", "scheduler", "housekeeper"}


_UNITS = {"m": 2**20, "g": 2**30}


def _bytes(size: str) -> int:
    return int(size[:-1]) * _UNITS[size[-1].lower()]


def _within(path: Path, mounts: Iterator[str]) -> bool:
    return any(path.is_relative_to(mount) for mount in mounts)


def test_what_the_gateway_spools_fits_where_it_goes() -> None:
    gateway = SERVICES["gateway"]
    in_memory = dict(mount.split(":size=") for mount in gateway["tmpfs"])
    folder = Path(_variables(gateway).get("TMPDIR", min(in_memory)))

    if _within(folder, iter(in_memory)):
        # What lies in a tmpfs counts as memory of the container.
        memory = _bytes(gateway["deploy"]["resources"]["limits"]["memory"]) // 2
        room = min(memory, *map(_bytes, in_memory.values()))
        assert GatewaySettings().max_spooled_bytes <= room
    else:
        named = (v.split(":") for v in gateway["volumes"] if v.split(":")[0] in COMPOSE["volumes"])
        assert _within(folder, (mount[1] for mount in named if "ro" not in mount[2:]))
        # An empty volume gets its owner from the image.
        assert f" {folder}" in (ROOT / "deploy" / "docker" / "Dockerfile").read_text()


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _secrets(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _secrets(inner)
    else:
        yield from re.findall(r"\$\{(\w+):\?", str(value))


def test_the_secrets_that_it_asks_for_are_those_that_are_made() -> None:
    made = (ROOT / "deploy" / "docker" / "new_env.py").read_text()

    assert set(_secrets(SERVICES)) == set(re.findall(r'"([A-Z_]+)",', made))


def _made() -> dict[str, str]:
    script = ROOT / "deploy" / "docker" / "new_env.py"
    command = [sys.executable, str(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


def test_the_secrets_that_are_made_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    made = _made()
    for name in ("WARREN_LINK_KEYS", "WARREN_SEALING_KEYS", "WARREN_SEARCH_TOKEN"):
        monkeypatch.setenv(name, made[name])

    assert SealingSettings().sealing_keys is not None
    assert SearchNodeSettings().token.get_secret_value() == made["WARREN_SEARCH_TOKEN"]
    assert GatewaySettings().link_key_list == [made["WARREN_LINK_KEYS"]]
    assert len(set(made.values())) == len(made)


def test_compose_itself_reads_it() -> None:
    asked = [shutil.which("docker") or "docker", "compose", "version"]
    try:
        subprocess.run(asked, capture_output=True, timeout=30, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("Docker Compose is not installed; the schema is checked all the same")

    done = subprocess.run(
        ["docker", "compose", "--project-directory", str(ROOT), "config", "--quiet"],
        env={**os.environ, **_made()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr


#: Where the images of others listen, as their makers say.
_PORTS = {"rabbitmq": {5672}, "postgres": {5432}, "elasticsearch": {9200}}


def _addresses() -> Iterator[tuple[str, str, SplitResult]]:
    """Each URL that a service is told: whose it is, the variable, and what it says."""
    for name, service in OURS.items():
        for variable, value in _variables(service).items():
            # What Compose puts in, a password say, is no part of an address.
            address = urlsplit(re.sub(r"\$\{[^}]*\}", "x", value))
            if address.hostname:
                yield (
                    name if address.hostname == "127.0.0.1" else address.hostname,
                    variable,
                    address,
                )


def _ports(name: str) -> set[int]:
    told = _variables(SERVICES[name]) if name in OURS else {}
    listened = {int(value) for key, value in told.items() if key.endswith("_PORT")}
    return listened | _PORTS.get(name, set())


def test_whoever_is_told_an_address_finds_a_service_there() -> None:
    told = list(_addresses())

    assert [found for found in told if found[2].port not in _ports(found[0])] == []
    assert {"rabbitmq", "postgres", "elasticsearch", "search-node", "gateway"} <= {
        host for host, _, _ in told
    }


def test_the_health_check_asks_for_something_that_the_gateway_has() -> None:
    api = json.loads((ROOT / "docs" / "api" / "openapi.json").read_text())
    asked = urlsplit(_variables(SERVICES["housekeeper"])["WARREN_HEALTH_URL"])

    assert "get" in api["paths"].get(asked.path, {}), asked.path


def test_the_health_check_asks_the_search_node_that_the_gateway_asks() -> None:
    gateway, housekeeper = (_variables(SERVICES[name]) for name in ("gateway", "housekeeper"))

    assert housekeeper["WARREN_SEARCH_URL"] == gateway["WARREN_SEARCH_URL"]


def test_what_others_provide_has_a_health_check_and_limits() -> None:
    for name, service in SERVICES.items():
        if name not in OURS:
            assert "healthcheck" in service, name
            assert "limits" in service["deploy"]["resources"], name
            assert re.fullmatch(r"\$\{[A-Z]+_IMAGE:-\S+:\S*\d\S*\}", service["image"]), name
