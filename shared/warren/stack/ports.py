"""Free ports on this machine, the same ones as last time where possible."""

import json
import random
import socket
from collections.abc import Collection, Mapping
from pathlib import Path

from warren.stack.errors import PortTaken

HOST = "127.0.0.1"
#: Below the range from which the kernel takes ports of outgoing connections.
_CANDIDATES = range(20_000, 32_000)


def choose_port(file: Path, name: str, wanted: int | None = None) -> int:
    """A free port for `name`: `wanted`, else the one remembered in `file`, else one that is
    remembered for no other name: whoever has that may not listen yet.

    The choice is remembered. Raises PortTaken when `wanted` is not free.
    """
    remembered = _read(file)
    if wanted is not None and not is_free(wanted):
        raise PortTaken(
            f"port {wanted} is taken by another program: choose another one, or leave it out"
            " to get one that is free"
        )
    port = wanted or remembered.get(name)
    if port is None or not is_free(port):
        port = free_port(avoiding=remembered.values())
    remember(file, {name: port})
    return port


def remember(file: Path, ports: Mapping[str, int]) -> None:
    """Keep ports by name, beside those that `file` has."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({**_read(file), **ports}) + "\n")


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        # As servers do: connections of the last run that are still closing do not matter.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(avoiding: Collection[int] = ()) -> int:
    """A port that is free now; raises PortTaken when there is none."""
    for port in random.sample(_CANDIDATES, len(_CANDIDATES)):
        if port not in avoiding and is_free(port):
            return port
    raise PortTaken(f"no port between {_CANDIDATES[0]} and {_CANDIDATES[-1]} is free")


def _read(file: Path) -> dict[str, int]:
    """What was remembered; a file torn by a power failure counts as empty."""
    try:
        ports = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return {str(name): int(port) for name, port in ports.items()}
