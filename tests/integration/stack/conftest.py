"""What the tests of whole commands share: a folder of their own, emptied by a command as well."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from warren.errors import ConfigurationError
from warren.stack.folder import StackFolder
from warren.stack.rabbitmq_installation import RabbitMQInstallation
from warren.testing.servers import missing_server

#: The command, as people type it.
WARREN = str(Path(sys.executable).parent / "warren")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[StackFolder]:
    """Where a stack may keep its state, on a machine with RabbitMQ."""
    try:
        RabbitMQInstallation.find()
    except ConfigurationError as reason:
        missing_server(str(reason))
    yield StackFolder.of(tmp_path)
    subprocess.run([WARREN, "clean", "--root", str(tmp_path)], check=True, timeout=60)
