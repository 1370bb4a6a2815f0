"""Free ports on this machine, the same ones as last time where possible."""

import json
import random
import socket
from collections.abc import Collection, Mapping
from pathlib import Path

from warren.stack.errors import PortTaken
from warren.stack.port_claims import port_claims

HOST = "127.0.0.1"
#: Below the range from which the kernel takes ports of outgoing connections.
_CANDIDATES = range(20_000, 32_000)


def choose_port(file: Path, name: str, wanted: int | None = None) -> int:
    """A free port for `name`: `wanted`, else the one remembered in `file`, else one that is
    remembered for no other name: whoever has that may not listen yet. No other process of this
    user chooses it until this one ends.

    The choice is remembered. Raises PortTaken when `wanted` is not free.
    """
    remembered = _read(file)
    if wanted is not None and not reserve(wanted):
        raise PortTaken(
            f"port {wanted} is taken by another program: choose another one, or leave it out"
            " to get one that is free"
        )
    port = wanted or remembered.get(name)
    if port is None or not reserve(port):
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


def reserve(port: int) -> bool:
    """Whether a server of this process may listen on the port, now and until the process ends.

    Nobody listens on it, and no other process of this user has reserved it.
    """
    claims = port_claims()
    was_own = claims.is_own(port)
    if not claims.claim(port):
        return False
    if is_free(port):
        return True
    if not was_own:
        claims.release(port)
    return False


def free_port(avoiding: Collection[int] = ()) -> int:
    """A port that is free, and reserved for this process; raises PortTaken when there is none.

    Never the same one twice.
    """
    for port in random.sample(_CANDIDATES, len(_CANDIDATES)):
        if port not in avoiding and not port_claims().is_own(port) and reserve(port):
            return port
    raise PortTaken(f"no port between {_CANDIDATES[0]} and {_CANDIDATES[-1]} is free")


def _read(file: Path) -> dict[str, int]:
    """What was remembered; a file torn by a power failure counts as empty."""
    try:
        ports = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return {str(name): int(port) for name, port in ports.items()}
