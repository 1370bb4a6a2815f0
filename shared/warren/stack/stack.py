"""The whole system on one machine: servers, gateway, relay, recorder and workers as processes."""

import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from warren.stack.descriptor import ProcessEntry, StackDescriptor
from warren.stack.errors import StackDidNotStart
from warren.stack.fleet import Fleet
from warren.stack.folder import StackFolder
from warren.stack.keeper import UnitStatus
from warren.stack.kept_secret import kept_secret
from warren.stack.leftovers import end_leftovers
from warren.stack.lock import StackLock
from warren.stack.logs import tail
from warren.stack.plan import (
    BROKER,
    DATABASE,
    Addresses,
    Programs,
    StackPlan,
    stop_order,
    warren_command,
)
from warren.stack.ports import choose_port, remember
from warren.stack.postgres import PostgresServer
from warren.stack.rabbitmq import RabbitMQNode
from warren.stack.rabbitmq_installation import RabbitMQInstallation
from warren.stack.readiness import Readiness
from warren.stack.unit import Server

_START_TIMEOUT = 120.0
#: How long a program may take to finish what it does before it is killed, in seconds.
_PATIENCE = 30.0
_POLL = 0.2


class Stack:
    """Starts everything in `root/.warren`, keeps it running, and stops it in order.

    Use it as a context manager, or call `start` and `stop`. `report` gets a line for each step and
    for everything unexpected, possibly from another thread.
    """

    def __init__(
        self,
        root: Path,
        plan: StackPlan | None = None,
        *,
        report: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.folder = StackFolder.of(root)
        self.plan = plan or StackPlan()
        self._report = report
        self._lock = StackLock(self.folder.lock)
        self._programs = Programs(self.folder, self.plan)
        self._fleet = Fleet(
            restart=self.plan.restart, report=report, changed=self._write_descriptor
        )
        self._addresses: Addresses | None = None
        self._ready = False
        self._writing = threading.Lock()

    # --- life ---------------------------------------------------------------------------------

    def start(self) -> StackDescriptor:
        """Return when the system takes work.

        Raises StackAlreadyRuns when this folder has a stack, PortTaken, ConfigurationError when
        this machine lacks a server, and StackDidNotStart with the end of the log at fault; nothing
        is left running then.
        """
        self._lock.acquire()
        try:
            return self._start(time.monotonic() + _START_TIMEOUT)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop workers, relay, recorder, gateway, then the servers. Nothing to do is fine."""
        with self._writing:
            was_ready, self._ready = self._ready, False
            if was_ready:
                self._report("stopping (again Ctrl-C ends everything at once)")
            self.folder.descriptor.unlink(missing_ok=True)
        for group in stop_order(self._names()):
            self._fleet.close(group, _PATIENCE)
        self._lock.release()
        if was_ready:
            self._report("stopped")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    # --- what runs ----------------------------------------------------------------------------

    @property
    def descriptor(self) -> StackDescriptor:
        """Addresses, key and running processes, as in `.warren/stack.json`."""
        addresses = self._known_addresses()
        return StackDescriptor(
            gateway_url=addresses.gateway_url,
            api_key=self._api_key(),
            amqp_url=addresses.amqp_url,
            database_url=addresses.database_url,
            artifacts_dir=str(self.folder.artifacts),
            metrics_urls=addresses.metrics_urls,
            processes=[
                ProcessEntry(name=status.name, pid=status.pid)
                for status in self.statuses()
                if status.pid is not None
            ],
        )

    def statuses(self) -> list[UnitStatus]:
        """Every server and program, in the order in which they were started."""
        return self._fleet.statuses()

    def pid(self, name: str) -> int | None:
        """The process of that name, None while it does not run; raises NoSuchProcess."""
        return self._fleet.keeper(name).unit.pid

    def kill(self, name: str) -> None:
        """SIGKILL one process; it is started again unless the plan says otherwise."""
        self._fleet.keeper(name).unit.kill()

    def kill_all(self) -> None:
        """SIGKILL everything, to hasten a `stop` that runs in another thread."""
        self._fleet.kill_all()

    def halt(self, name: str, patience: float = _PATIENCE) -> None:
        """Stop one process or server and leave it stopped until `resume`."""
        self._fleet.keeper(name).halt(patience)

    def resume(self, name: str, timeout: float = 60.0) -> None:
        """Start what was halted or has ended, and wait until it runs."""
        self._fleet.keeper(name).resume()
        self._fleet.wait_until_running([name], time.monotonic() + timeout)

    # --- steps of the start -------------------------------------------------------------------

    def _start(self, deadline: float) -> StackDescriptor:
        begin = time.monotonic()
        RabbitMQInstallation.find()  # says what to do before anything has been started
        left = end_leftovers(self.folder.path)
        if left:
            self._report(f"ended {left} processes that an earlier stack had left behind")
        node = RabbitMQNode(self.folder.rabbitmq)
        reserved = {f"{BROKER} {use}": number for use, number in asdict(node.reserve()).items()}
        remember(self.folder.ports, reserved)
        amqp_url = node.url
        port = choose_port(self.folder.ports, "gateway", self.plan.gateway_port)
        self._report("starting the broker and the database")
        broker = Server(BROKER, node, self.folder.rabbitmq / "server.log")
        self._fleet.begin([broker])
        database_url = self._start_database(deadline)
        self._migrate(database_url)
        self._report("starting the services")
        self._addresses = self._choose_addresses(database_url, amqp_url, port)
        # The broker takes longest, and nothing of ours needs it before it has loaded.
        self._fleet.begin(self._programs.gateway_side(self._addresses))
        self._fleet.begin(self._programs.declared(self._addresses))
        self._fleet.begin(self._programs.workers(self._addresses))
        self._fleet.wait_until_running([BROKER], deadline)
        if broker.url != amqp_url:
            raise StackDidNotStart("another program took the broker's port: start once more")
        self._wait_until_ready(deadline)
        self._ready = True
        self._write_descriptor()
        self._report(f"ready after {time.monotonic() - begin:.1f} s")
        return self.descriptor

    def _choose_addresses(self, database_url: str, amqp_url: str, gateway_port: int) -> Addresses:
        metrics = {
            name: choose_port(self.folder.ports, f"{name} metrics")
            for name in self._programs.with_metrics()
        }
        declared = {
            name: choose_port(self.folder.ports, name) for name in self._programs.declared_names()
        }
        return Addresses(
            database_url,
            amqp_url,
            gateway_port,
            metrics_ports=metrics
            | {n: declared[n] for n in self._programs.declared_with_metrics()},
            program_ports=declared,
            sealing_keys=kept_secret(self.folder.secret("sealing")),
            link_keys=kept_secret(self.folder.secret("links")),
        )

    def _start_database(self, deadline: float) -> str:
        if self.plan.database_url:
            return self.plan.database_url
        database = Server(
            DATABASE, PostgresServer(self.folder.postgres), self.folder.postgres / "server.log"
        )
        self._fleet.begin([database])
        self._fleet.wait_until_running([DATABASE], deadline)
        return database.url

    def _migrate(self, database_url: str) -> None:
        log = self.folder.log("migrate")
        self.folder.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        addresses = Addresses(database_url, amqp_url="", gateway_port=0)
        with log.open("ab") as output:
            done = subprocess.run(  # noqa: S603 - a command of ours, no shell
                [warren_command(), "migrate", "--key-file", str(self.folder.api_key)],
                env=self._programs.environment(addresses),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # says the key, which belongs into no log
                stderr=output,
                timeout=_START_TIMEOUT,
                check=False,
            )
        if done.returncode:
            raise StackDidNotStart(f"`warren migrate` failed; {log} ends with:\n{tail(log)}")

    def _wait_until_ready(self, deadline: float) -> None:
        addresses = self._known_addresses()
        with closing(Readiness(addresses, self._api_key(), self._worker_pids)) as readiness:
            while not readiness.is_reached():
                self._fleet.check(dict.fromkeys(self._names(), 0))
                if time.monotonic() > deadline:
                    raise StackDidNotStart(
                        "the gateway, a worker or another program does not get ready; see the"
                        f" logs in {self.folder.logs}"
                    )
                threading.Event().wait(_POLL)

    def _worker_pids(self) -> list[int | None]:
        programs = self._programs.workers(self._known_addresses())
        return [self.pid(program.name) for program in programs]

    def _api_key(self) -> str:
        return self.folder.api_key.read_text().strip()

    def _names(self) -> list[str]:
        return [status.name for status in self.statuses()]

    def _known_addresses(self) -> Addresses:
        if self._addresses is None:
            raise StackDidNotStart("this stack has not been started")
        return self._addresses

    def _write_descriptor(self) -> None:
        with self._writing:
            if not self._ready:
                return
            try:
                self.descriptor.write(self.folder.descriptor)
            except OSError as error:
                self._report(f"{self.folder.descriptor} is out of date: {error}")
