"""Start a peer as a process of its own and read the JSON line it prints."""

import json
import subprocess
import sys


def run_peer(module: str, *arguments: object, timeout: float = 180) -> dict[str, float]:
    """The figures of `python -m bench.peers.<module> …`; raises CalledProcessError."""
    finished = subprocess.run(
        [sys.executable, "-m", f"bench.peers.{module}", *map(str, arguments)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=timeout,
    )
    figures: dict[str, float] = json.loads(finished.stdout.splitlines()[-1])
    return figures
