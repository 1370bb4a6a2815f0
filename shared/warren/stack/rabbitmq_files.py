"""What a private RabbitMQ node keeps in its folder: ports, password, configuration, processes."""

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from warren.errors import ConfigurationError
from warren.stack.ports import free_port, reserve
from warren.stack.rabbitmq_process import ServerProcess

USER = "warren"


@dataclass(frozen=True, slots=True)
class NodePorts:
    """Ports on 127.0.0.1; `api` is used only with the management plugin."""

    amqp: int
    distribution: int
    epmd: int
    api: int

    @classmethod
    def choose(cls, amqp: int | None, preferred: "NodePorts | None") -> "NodePorts":
        """Free ports, reserved for this process, and those of the last start where possible.

        Raises ConfigurationError when the port that was asked for is taken.
        """
        if amqp is not None and not reserve(amqp):
            raise ConfigurationError(
                f"port {amqp} is taken by another program: stop it, or choose another for RabbitMQ"
            )
        last = asdict(preferred) if preferred else {}
        wanted = last | ({} if amqp is None else {"amqp": amqp})
        names = ["amqp", "distribution", "epmd", "api"]
        chosen = {name: wanted[name] for name in names if name in wanted and reserve(wanted[name])}
        return cls(**{name: chosen.get(name) or free_port() for name in names})


@dataclass(frozen=True, slots=True)
class NodeState:
    """What the last start left in `node.json`."""

    ports: NodePorts
    server: ServerProcess | None = None
    epmd: ServerProcess | None = None


class NodeFolder:
    """The files of one node; `inside` is the same absolute `path` as the node sees it."""

    def __init__(self, path: Path, inside: Path) -> None:
        self.path = path
        self._inside = inside

    @property
    def log(self) -> Path:
        """Both outputs of the node's processes."""
        return self.path / "server.log"

    @property
    def password(self) -> str:
        """The password of the node's only user, made with the folder."""
        return (self.path / "password").read_text()

    def prepare(self) -> None:
        """Make the folders, the password and the cookie; what is there already stays."""
        for name in ("home", "mnesia", "log", "generated"):
            (self.path / name).mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o700)
        _write_once(self.path / "password", secrets.token_urlsafe(24))
        _write_once(self.path / "home" / ".erlang.cookie", secrets.token_hex(20))

    def configure(
        self, ports: NodePorts, plugins: Iterable[str], rabbit: Mapping[str, int]
    ) -> None:
        """Write the node's configuration; `rabbit` is Erlang's application environment."""
        lines = [
            f"listeners.tcp.1 = 127.0.0.1:{ports.amqp}",
            f"default_user = {USER}",
            f"default_pass = {self.password}",
            "disk_free_limit.absolute = 200MB",
            "log.file = false",
            "log.console = true",
            "log.console.level = info",
            "log.console.use_colors = off",
            f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {ports.api}",
        ]
        terms = ", ".join(f"{{{name}, {value}}}" for name, value in rabbit.items())
        (self.path / "rabbitmq.conf").write_text("\n".join(lines) + "\n")
        (self.path / "advanced.config").write_text(f"[{{rabbit, [{terms}]}}].\n")
        (self.path / "enabled_plugins").write_text(f"[{','.join(plugins)}].\n")

    def environment(self, ports: NodePorts) -> dict[str, str]:
        """The variables by which RabbitMQ's programs find this node and nothing else."""
        at = self._inside
        return {
            "HOME": str(at / "home"),
            "RABBITMQ_NODENAME": "warren@localhost",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": str(at / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(at / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(at / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(at / "mnesia"),
            "RABBITMQ_LOG_BASE": str(at / "log"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(at / "generated"),
            "RABBITMQ_PID_FILE": str(at / "rabbitmq.pid"),
            "RABBITMQ_DIST_PORT": str(ports.distribution),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_PORT": str(ports.epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            # The start script then execs the virtual machine, so that its pid is the server's.
            "detached": "1",
        }

    def load(self) -> NodeState | None:
        """What the last start wrote; None for a fresh folder or a file torn by a power failure."""
        try:
            raw = json.loads((self.path / "node.json").read_text())
            processes = {
                name: ServerProcess(**raw[name]) if raw[name] else None
                for name in ("server", "epmd")
            }
            return NodeState(ports=NodePorts(**raw["ports"]), **processes)
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def save(self, state: NodeState) -> None:
        """Record ports and processes, so that any process can stop the node."""
        replacement = self.path / "node.json.new"
        replacement.write_text(json.dumps(asdict(state)))
        replacement.replace(self.path / "node.json")

    def log_tail(self, lines: int = 20) -> str:
        """The end of the node's log, for an error message."""
        if not self.log.exists():
            return "(the log is empty)"
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def _write_once(path: Path, secret: str) -> None:
    """Readable by its owner only from the first byte on; Erlang refuses any other cookie."""
    if path.exists() and path.stat().st_size:
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(secret)
