"""A private RabbitMQ node: own ports, own data folder, no system service touched, root or not."""

import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from warren.errors import ConfigurationError, Unavailable
from warren.stack.rabbitmq_files import USER, NodeFolder, NodePorts, NodeState
from warren.stack.rabbitmq_installation import RabbitMQInstallation
from warren.stack.rabbitmq_process import ServerProcess

#: Seconds; a cold start takes 3 to 6 on an idle machine.
START_TIMEOUT = 90.0
#: Seconds until a node that was asked to stop is killed.
STOP_PATIENCE = 30.0

#: In ms. Consumer time-outs are noticed, and a dead letter that had no route is tried again,
#: within this time.
_APPLICATION = {
    "channel_tick_interval": 10_000,
    "dead_letter_worker_publisher_confirm_timeout": 10_000,
}
#: RabbitMQ 3.10 writes its register of quorum queues to disk half a second late. A queue made just
#: before a crash comes back without an election timer: it would block its publishers for ever.
_ELECT_LEADERS = """
[ra:trigger_election({Name, node()}) || Queue <- rabbit_amqqueue:list(),
 amqqueue:is_quorum(Queue), {Name, _} <- [amqqueue:get_pid(Queue)],
 ra_leaderboard:lookup_leader(Name) =:= undefined].
"""
#: The same fate of the register of streams is final, on 3.10 and on 4.0: no stream made so late can
#: be opened again. Deleted, it is declared anew by whoever needs it. (3.10 deletes by name, 4 by
#: record; of the other form each says that it does not know it.)
_DROP_DEAD_STREAMS = """
ra_directory:uid_of(coordination, rabbit_stream_coordinator) =:= undefined andalso
[case catch rabbit_amqqueue:internal_delete(amqqueue:get_name(Queue), <<"warren">>) of
     {'EXIT', _} -> rabbit_amqqueue:internal_delete(Queue, <<"warren">>);
     Done -> Done
 end || Queue <- rabbit_amqqueue:list_by_type(rabbit_stream_queue)].
"""
_AMQP_HEADER = b"AMQP\x00\x00\x09\x01"
_CONNECTION_START = b"\x01"


class RabbitMQNode:
    """One node whose whole state is in `folder`; another object with that folder controls it too.

    `port` is the AMQP port; without it a free one is chosen and kept over restarts. `application`
    adds to the environment of Erlang's application `rabbit`, for example `{"consumer_timeout":
    2000}`.
    """

    def __init__(
        self,
        folder: Path,
        port: int | None = None,
        *,
        plugins: Sequence[str] = (),
        application: Mapping[str, int] | None = None,
    ) -> None:
        self._path = folder.absolute()
        self._port = port
        self._plugins = tuple(plugins)
        self._application = _APPLICATION | dict(application or {})

    def start(self, timeout: float = START_TIMEOUT) -> str:
        """Start the node unless it runs, wait until it answers, and return its AMQP URL.

        Raises ConfigurationError when RabbitMQ is not installed or the port is taken, Unavailable
        with the end of the log when the node does not answer in `timeout` seconds.
        """
        installation = RabbitMQInstallation.find()
        folder = self._folder(installation)
        folder.prepare()
        state = folder.load()
        if state and self._is_as_asked(state):
            return self.url
        self.kill()
        ports = NodePorts.choose(self._port, state.ports if state else None)
        folder.configure(ports, self._plugins, self._application)
        self._spawn(installation, folder, ports)
        self._wait_until_ready(folder, time.monotonic() + timeout)
        if state and state.server:
            # It did not stop cleanly the last time: `stop` would have cleared the record.
            self.control("eval", _ELECT_LEADERS)
            self.control("eval", _DROP_DEAD_STREAMS)
        return self.url

    def reserve(self) -> NodePorts:
        """Choose the ports for the next start, unless the node runs: `url` is then known.

        Raises ConfigurationError as `start` does.
        """
        installation = RabbitMQInstallation.find()
        folder = self._folder(installation)
        folder.prepare()
        state = folder.load()
        if state is None or not self._is_as_asked(state):
            self.kill()
            ports = NodePorts.choose(self._port, state.ports if state else None)
            folder.save(replace(state, ports=ports) if state else NodeState(ports))
        return self._started().ports

    def stop(self) -> None:
        """Stop the node whoever started it; messages and definitions stay in the folder."""
        self._end(STOP_PATIENCE)
        if state := self._state():
            self._folder(RabbitMQInstallation()).save(NodeState(state.ports))

    def kill(self) -> None:
        """SIGKILL, as a crash would be."""
        self._end(0)

    @property
    def pid(self) -> int | None:
        """The node's process, None while it does not run."""
        state = self._state()
        return state.server.pid if state and state.server and state.server.is_alive() else None

    @property
    def port(self) -> int:
        """The AMQP port of the running node, or of its last start."""
        return self._started().ports.amqp

    @property
    def url(self) -> str:
        """The node's AMQP URL, with its user and password, for the virtual host `/`."""
        password = self._folder(RabbitMQInstallation()).password
        return f"amqp://{USER}:{password}@127.0.0.1:{self.port}/%2F"

    @property
    def api_url(self) -> str:
        """The management API, with user and password; it answers if its plugin is on."""
        password = self._folder(RabbitMQInstallation()).password
        return f"http://{USER}:{password}@127.0.0.1:{self._started().ports.api}/api"

    def control(self, *arguments: str, timeout: float = 60) -> str:
        """Run `rabbitmqctl` for this node (about 2 s) and return what it prints.

        Raises Unavailable with its error output when it fails, or after `timeout` seconds.
        """
        installation = RabbitMQInstallation.find()
        folder = self._folder(installation)
        environment = installation.environment(folder.path)
        environment |= folder.environment(self._started().ports)
        command = installation.command("rabbitmqctl", "--quiet", *arguments)
        try:
            done = subprocess.run(  # noqa: S603 - a fixed program; the arguments go to no shell
                command,
                env=environment,
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"rabbitmqctl {arguments[0]}: no answer in {timeout:g} s") from error
        if done.returncode:
            raise Unavailable(f"rabbitmqctl {arguments[0]} failed: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def _folder(self, installation: RabbitMQInstallation) -> NodeFolder:
        return NodeFolder(self._path, installation.seen_from_node(self._path))

    def _state(self) -> NodeState | None:
        return self._folder(RabbitMQInstallation()).load()

    def _started(self) -> NodeState:
        state = self._state()
        if state is None:
            raise ConfigurationError(f"no RabbitMQ node was ever started in {self._path}")
        return state

    def _is_as_asked(self, state: NodeState) -> bool:
        """Whether a node of an earlier start still works on the port that is wanted now."""
        alive = state.server is not None and state.server.is_alive()
        return alive and self._port in (None, state.ports.amqp) and answers_amqp(state.ports.amqp)

    def _spawn(
        self, installation: RabbitMQInstallation, folder: NodeFolder, ports: NodePorts
    ) -> None:
        environment = installation.environment(folder.path) | folder.environment(ports)
        epmd = installation.command("epmd", "-address", "127.0.0.1", "-port", str(ports.epmd))
        state = NodeState(ports, epmd=ServerProcess.spawn(epmd, environment, folder.log))
        # Recorded one by one: whatever was started is found again, if we are killed in between.
        folder.save(state)
        server = installation.command("rabbitmq-server")
        folder.save(replace(state, server=ServerProcess.spawn(server, environment, folder.log)))

    def _wait_until_ready(self, folder: NodeFolder, deadline: float) -> None:
        state = self._started()
        server = state.server
        while not answers_amqp(state.ports.amqp):
            if server is None or not server.is_alive():
                self.kill()
                raise Unavailable(f"RabbitMQ ended while it started:\n{folder.log_tail()}")
            if time.monotonic() > deadline:
                self.kill()
                raise Unavailable(f"RabbitMQ did not answer in time:\n{folder.log_tail()}")
            threading.Event().wait(0.05)

    def _end(self, patience: float) -> None:
        state = self._state()
        if state is None:
            return
        for process in (state.server, state.epmd):
            if process and patience:
                process.end(patience)
            elif process:
                process.kill()


def answers_amqp(port: int) -> bool:
    """Whether a broker on the port of 127.0.0.1 answers AMQP's protocol header."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(_AMQP_HEADER)
            return connection.recv(1) == _CONNECTION_START
    except OSError:
        return False
