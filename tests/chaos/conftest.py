"""Where chaos runs of tests keep their state."""

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from warren.testing.servers import run_folder


@pytest.fixture
def chaos_root(pytestconfig: pytest.Config) -> Iterator[Path]:
    """A folder of the test run's own.

    Not pytest's: each run of pytest that starts takes away the right to pass through those of
    earlier ones, and a database that is started again by another user needs it.
    """
    folder = run_folder(pytestconfig) / f"chaos-{secrets.token_hex(4)}"
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
