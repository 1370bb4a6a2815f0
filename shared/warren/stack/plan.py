"""What a stack consists of."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from warren.contracts.programs import DeclaredProgram
from warren.contracts.services import installed_services
from warren.stack.declared import address, declared_environment, fitting, installed_programs
from warren.stack.folder import StackFolder
from warren.stack.leftovers import MARKER
from warren.stack.ports import HOST
from warren.stack.unit import Program

BROKER, DATABASE = "rabbitmq", "postgres"
#: In the order in which they are stopped.
GATEWAY_SIDE = ("scheduler", "housekeeper", "relay", "recorder", "gateway")

_WORKER_METRICS = "WARREN_WORKER_METRICS_PORT"
#: Which of them serve numbers to Prometheus, each where its setting says.
METRICS_SETTINGS = {
    "relay": "WARREN_RELAY_METRICS_PORT",
    "recorder": "WARREN_RECORDER_METRICS_PORT",
    "housekeeper": "WARREN_HOUSEKEEPER_METRICS_PORT",
    "scheduler": "WARREN_SCHEDULER_METRICS_PORT",
}


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    """One service: how many processes, and what else `warren worker` is told."""

    service: str
    replicas: int = 1
    concurrency: int | None = None
    arguments: Sequence[str] = ()


def all_workers() -> tuple[WorkerPlan, ...]:
    """Every service that is installed beside us, one process each."""
    return tuple(WorkerPlan(package.replace("_", "-")) for package in installed_services())


def _unchanged(name: str, environment: Mapping[str, str]) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class StackPlan:
    """How a stack differs from what `make up` runs.

    `environment` is added to that of every process; `rewire(name, environment)` says what else to
    change for one of them (gateways after the first need a `WARREN_PORT` of their own). With
    `restart` off, what ends stays down. `database_url` names a server to use instead of the
    embedded one.
    """

    workers: Sequence[WorkerPlan] = field(default_factory=all_workers)
    gateway_port: int | None = None
    restart: bool = True
    #: Those of services without a worker in the plan are left out.
    programs: Sequence[DeclaredProgram] = field(default_factory=installed_programs)
    environment: Mapping[str, str] = field(default_factory=dict)
    gateways: int = 1
    relays: int = 1
    recorders: int = 1
    housekeepers: int = 1
    schedulers: int = 1
    rewire: Callable[[str, Mapping[str, str]], Mapping[str, str]] = _unchanged
    database_url: str | None = field(default_factory=lambda: os.environ.get("WARREN_DATABASE_URL"))


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts find each other."""

    database_url: str
    amqp_url: str
    gateway_port: int
    #: Of each program that serves numbers to Prometheus, by its name.
    metrics_ports: Mapping[str, int] = field(default_factory=dict)
    #: By which secrets of callers are sealed, unless the environment has keys of its own.
    sealing_keys: str = ""
    #: By which links to artifacts are signed, likewise.
    link_keys: str = ""
    #: Of each program that a service declares, by its name.
    program_ports: Mapping[str, int] = field(default_factory=dict)

    @property
    def gateway_url(self) -> str:
        """What clients use."""
        return f"http://{HOST}:{self.gateway_port}"

    @property
    def program_urls(self) -> list[str]:
        """Where the programs that services declare answer."""
        return [address(port) for port in self.program_ports.values()]

    @property
    def metrics_urls(self) -> dict[str, str]:
        """What Prometheus reads, by the name of the program."""
        ports = {"gateway": self.gateway_port, **self.metrics_ports}
        return {name: f"http://{HOST}:{port}/metrics" for name, port in ports.items()}


def warren_command() -> str:
    """The very command that people use, of the environment that this process runs in."""
    return str(Path(sys.executable).parent / "warren")


class Programs:
    """Makes the stack's programs: the same commands that a person would run by hand."""

    def __init__(self, folder: StackFolder, plan: StackPlan) -> None:
        self._folder = folder
        self._plan = plan
        self._declared = fitting(plan.programs, {worker.service for worker in plan.workers})

    def gateway_side(self, addresses: Addresses) -> list[Program]:
        """Gateway, relay, recorder, housekeeper and scheduler: they use the database."""
        environment = self.environment(addresses)
        return [
            self._program(
                name,
                [command],
                {**environment, **_metrics(command, addresses.metrics_ports.get(name))},
            )
            for command, name in self._gateway_side_names()
        ]

    def with_metrics(self) -> list[str]:
        """The names of the programs that serve numbers to Prometheus."""
        names = [n for command, n in self._gateway_side_names() if command in METRICS_SETTINGS]
        return [*names, *(name for _, name in self._worker_names())]

    def _gateway_side_names(self) -> list[tuple[str, str]]:
        plan = self._plan
        counts = (
            plan.schedulers,
            plan.housekeepers,
            plan.relays,
            plan.recorders,
            plan.gateways,
        )
        return [
            (command, name)
            for command, count in zip(GATEWAY_SIDE, counts, strict=True)
            for name in _replica_names(command, count)
        ]

    def workers(self, addresses: Addresses) -> list[Program]:
        """Every worker process. They are not told where the database is."""
        environment = self.environment(addresses)
        del environment["WARREN_DATABASE_URL"]
        ports = addresses.metrics_ports
        return [
            self._program(
                name,
                _worker_arguments(worker, name),
                {**environment, _WORKER_METRICS: str(ports.get(name, 0))},
            )
            for worker, name in self._worker_names()
        ]

    def _worker_names(self) -> list[tuple[WorkerPlan, str]]:
        return [
            (worker, name)
            for worker in self._plan.workers
            for name in _replica_names(worker.service, worker.replicas)
        ]

    def declared_names(self) -> list[str]:
        """The names of the programs that services declare."""
        return [program.name for program in self._declared]

    def declared_with_metrics(self) -> list[str]:
        """Those of them that serve their numbers beside what else they serve."""
        return [program.name for program in self._declared if program.serves_metrics]

    def declared(self, addresses: Addresses) -> list[Program]:
        """The programs that services declare. They are not told where the database is either."""
        environment = self.environment(addresses)
        del environment["WARREN_DATABASE_URL"]
        return [
            self._program(
                program.name,
                program.arguments,
                {**environment, program.port_variable: str(addresses.program_ports[program.name])},
            )
            for program in self._declared
        ]

    def environment(self, addresses: Addresses) -> dict[str, str]:
        """What every program finds in its environment."""
        return {
            **os.environ,
            "WARREN_DATABASE_URL": addresses.database_url,
            "WARREN_AMQP_URL": addresses.amqp_url,
            "WARREN_ARTIFACTS_URL": str(self._folder.artifacts),
            "WARREN_HOST": HOST,
            "WARREN_PORT": str(addresses.gateway_port),
            "WARREN_SEALING_KEYS": os.environ.get("WARREN_SEALING_KEYS") or addresses.sealing_keys,
            "WARREN_LINK_KEYS": os.environ.get("WARREN_LINK_KEYS") or addresses.link_keys,
            "PYTHONUNBUFFERED": "1",
            MARKER: str(self._folder.path),
            **declared_environment(self._declared, addresses.program_ports, self._folder),
            **self._plan.environment,
        }

    def _program(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> Program:
        rewired = {**environment, **self._plan.rewire(name, environment)}
        return Program(name, [warren_command(), *arguments], rewired, self._folder.log(name))


def stop_order(names: Sequence[str]) -> list[list[str]]:
    """Groups that are stopped one after the other: workers, each of `GATEWAY_SIDE`, servers."""
    servers = [BROKER, DATABASE]
    groups = [[n for n in names if n.split("-")[0] == command] for command in GATEWAY_SIDE]
    others = {*servers, *(name for group in groups for name in group)}
    return [[name for name in names if name not in others], *groups, servers]


def _metrics(command: str, port: int | None) -> dict[str, str]:
    return {METRICS_SETTINGS[command]: str(port)} if port else {}


def _replica_names(name: str, replicas: int) -> list[str]:
    return [name, *(f"{name}-{n}" for n in range(2, replicas + 1))]


def _worker_arguments(worker: WorkerPlan, name: str) -> list[str]:
    concurrency = ["--concurrency", str(worker.concurrency)] if worker.concurrency else []
    return ["worker", worker.service, "--name", name, *concurrency, *worker.arguments]
