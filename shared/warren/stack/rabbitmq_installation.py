"""Where RabbitMQ's programs are: the system's package, or a root folder with another release."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from warren.errors import ConfigurationError

#: A folder that `deploy/setup/rabbitmq4.sh install` made; nodes then run in it (chroot).
ROOTFS_VARIABLE = "WARREN_RABBITMQ_ROOTFS"
#: The wrappers in /usr/sbin switch to the user rabbitmq; these are the programs themselves.
PROGRAMS = Path("/usr/lib/rabbitmq/bin")
_SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#: Mounts belong to a namespace of the node's own, so that nothing has to be unmounted afterwards.
#: Everything execs: the pid that was spawned is the server's.
_ENTER_ROOTFS = """
mount -t proc proc "$ROOTFS/proc"
mount --rbind /dev "$ROOTFS/dev"
mount --bind "$NODE_FOLDER" "$ROOTFS/node"
cd "$ROOTFS/node"
exec chroot "$ROOTFS" "$@"
"""


@dataclass(frozen=True, slots=True)
class RabbitMQInstallation:
    """How to run a RabbitMQ program for the node whose state is in a folder."""

    rootfs: Path | None = None

    @classmethod
    def find(cls, environ: Mapping[str, str] = os.environ) -> "RabbitMQInstallation":
        """The installation to use; raises ConfigurationError with what to do if there is none."""
        rootfs = environ.get(ROOTFS_VARIABLE)
        installation = cls(Path(rootfs).resolve() if rootfs else None)
        installation._check()
        return installation

    def _check(self) -> None:
        if self.rootfs is None:
            if not (PROGRAMS / "rabbitmq-server").exists():
                raise ConfigurationError(
                    "RabbitMQ is not installed: run `make setup`, or as root "
                    "`apt-get install rabbitmq-server`"
                )
            return
        if not (self.rootfs / PROGRAMS.relative_to("/") / "rabbitmq-server").exists():
            raise ConfigurationError(
                f"{ROOTFS_VARIABLE}={self.rootfs} holds no RabbitMQ: "
                "run `deploy/setup/rabbitmq4.sh install` as root"
            )
        if os.geteuid() != 0:
            raise ConfigurationError(
                f"{ROOTFS_VARIABLE} needs root (the node runs in a chroot): use sudo, or unset it"
            )

    def seen_from_node(self, folder: Path) -> Path:
        """The node's folder as the node's own processes see it."""
        return folder if self.rootfs is None else Path("/node")

    def command(self, program: str, *arguments: str) -> list[str]:
        """The command line of `program` (a RabbitMQ script, or epmd)."""
        path = "/usr/bin/epmd" if program == "epmd" else str(PROGRAMS / program)
        if self.rootfs is None:
            return [path, *arguments]
        enter = ["/usr/bin/unshare", "--mount", "--propagation", "private"]
        return [*enter, "/bin/sh", "-ec", _ENTER_ROOTFS, "sh", path, *arguments]

    def environment(self, folder: Path) -> dict[str, str]:
        """What every program of the node finds in its environment."""
        base = {"PATH": _SEARCH_PATH, "LANG": "C.UTF-8"}
        if self.rootfs is None:
            return base
        return base | {"ROOTFS": str(self.rootfs), "NODE_FOLDER": str(folder)}
