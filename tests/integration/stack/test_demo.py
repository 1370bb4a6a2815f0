import os
import subprocess

import psutil
import pytest

from tests.integration.stack.conftest import WARREN
from warren.stack.folder import StackFolder
from warren.stack.leftovers import end_leftovers
from warren.stack.lock import StackLock

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres, pytest.mark.slow]


def test_the_demonstration_starts_what_it_needs_shows_it_and_stops_everything(
    folder: StackFolder,
) -> None:
    # Given a machine where nothing runs, when somebody asks to be shown speech
    shown = subprocess.run(
        [WARREN, "demo", "--only", "speech", "--root", str(folder.path.parent)],
        env={**os.environ, "WARREN_DATABASE_URL": ""},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )

    # Then a table tells what came of it, and how long it took
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert [line.split("  ")[0] for line in _table(shown.stdout)] == [
        "Speak English",
        "Speak Russian",
    ]
    assert "2 steps side by side in " in shown.stdout
    assert (folder.demo / "index.html").exists()
    # And nothing runs any more: no broker, no worker, nothing to be described
    assert not folder.descriptor.exists()
    assert StackLock(folder.lock).is_held() is False
    assert end_leftovers(folder.path) == 0
    assert _of(folder) == []


def _table(told: str) -> list[str]:
    return told.partition("\nwhat ")[2].partition("\n\n")[0].splitlines()[1:]


def _of(folder: StackFolder) -> list[str]:
    """The command lines of processes that have to do with the folder, servers too."""
    found = psutil.process_iter(["cmdline"])
    lines = [" ".join(process.info["cmdline"] or []) for process in found]
    return [line for line in lines if str(folder.path) in line]
