"""Running JavaScript with Node."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from warren.testing.servers import missing_server


def node(*arguments: str | Path, environment: Mapping[str, str] | None = None) -> str:
    """What the program prints; if it fails, the test does. Without Node it skips, but in CI."""
    program = shutil.which("node")
    if program is None:
        missing_server("node is not installed (apt-get install nodejs)")
    done = subprocess.run(
        [program, *arguments],
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout
