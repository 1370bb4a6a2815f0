"""Debian's Prometheus, private to a test, with the scrape configuration that is shipped."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from ruamel.yaml import YAML

from warren.stack.ports import free_port
from warren.testing.deadline import eventually
from warren.testing.servers import missing_server

CONFIGURATION = Path(__file__).parents[1] / "deploy" / "prometheus" / "prometheus.yml"
_INTERVAL = "1s"


def program(name: str) -> str:
    """Where Debian's package has put it; skips the test where it is missing, fails it in CI."""
    found = shutil.which(name)
    if found is None:
        missing_server(f"no {name} on this machine: apt-get install prometheus")
    return found


def shipped_jobs() -> dict[str, dict[str, Any]]:
    """The scrape configuration, by the name of the job."""
    configuration = YAML(typ="safe").load(CONFIGURATION)
    return {job["job_name"]: job for job in configuration["scrape_configs"]}


class RunningPrometheus:
    """Asks it as Grafana does."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=10, trust_env=False)

    def is_ready(self) -> bool:
        """Whether it takes queries."""
        try:
            return self._client.get("/-/ready").is_success
        except httpx.TransportError:
            return False

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series that an expression yields now; fails with its error."""
        answer = self._client.get("/api/v1/query", params={"query": expression})
        said = answer.json()
        assert said["status"] == "success", f"{expression}: {said.get('error')}"
        result: list[dict[str, Any]] = said["data"]["result"]
        return result

    def families(self) -> set[str]:
        """The names as programs declare them, but for the suffix of counters."""
        known = self._client.get("/api/v1/metadata").json()["data"]
        return {name.removesuffix("_total") for name in known}

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


@contextmanager
def running_prometheus(folder: Path, targets: Mapping[str, str]) -> Iterator[RunningPrometheus]:
    """It scrapes `targets` (URLs by the name of the job), as their jobs say, every second."""
    server, port = program("prometheus"), free_port()
    configuration = folder / "prometheus.yml"
    jobs = [_found_at(shipped_jobs()[name], url) for name, url in targets.items()]
    content = {"global": {"scrape_interval": _INTERVAL}, "scrape_configs": jobs}
    YAML(typ="safe").dump(content, configuration)
    command = [server, f"--config.file={configuration}", f"--storage.tsdb.path={folder / 'data'}"]
    address = f"--web.listen-address=127.0.0.1:{port}"
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen([*command, address], stdout=log, stderr=log)
    prometheus = RunningPrometheus(f"http://127.0.0.1:{port}")
    try:
        eventually(lambda: prometheus.is_ready() or process.poll() is not None, within=30)
        assert process.poll() is None, (folder / "prometheus.log").read_text()
        yield prometheus
    finally:
        prometheus.close()
        process.terminate()
        process.wait(20)


def _found_at(job: dict[str, Any], url: str) -> dict[str, Any]:
    without = {key: value for key, value in job.items() if not key.endswith("_sd_configs")}
    return {**without, "static_configs": [{"targets": [urlsplit(url).netloc]}]}
