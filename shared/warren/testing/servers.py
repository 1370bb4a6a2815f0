"""Servers that a whole test run shares: started when first needed, stopped when the run ends.

The processes of one run (pytest, or pytest and its xdist workers) share a folder,
`.warren/test/run-<pid>-<start>/`. Whoever first needs a server starts it there under a file lock;
the controlling process stops it. A run that was killed leaves its folder behind, and the next run
stops what still works in it.
"""

import fcntl
import importlib
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, Protocol, cast

import psutil
import pytest

from warren.errors import ConfigurationError

#: How long to wait for another process of the run that is starting the server, in seconds.
START_TIMEOUT = 170.0
_RUN_FOLDER = "warren_run_folder"


class StackServer(Protocol):
    """A server whose whole state is in its folder, so that any process can stop it."""

    def start(self) -> str:
        """Start, wait until it answers, and return its URL.

        Raises ConfigurationError when the machine lacks what the server needs.
        """

    def stop(self) -> None:
        """Stop whatever runs in the folder, whoever started it; nothing to do is fine."""


class ServerFactory(Protocol):
    """A class or a function at module level that makes a server from its folder."""

    __module__: str
    __qualname__: str

    def __call__(self, folder: Path, /) -> StackServer: ...


def shared_server(config: pytest.Config, name: str, factory: ServerFactory) -> str:
    """Return the URL of the run's server `name`, starting it if nobody has.

    `factory` must be importable (a class or a function at module level): the controlling process
    calls it again, with the same folder, to stop the server. A server that cannot run on this
    machine skips the test with its reason, and fails it where the variable CI is set.
    """
    folder = run_folder(config) / name
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with _locked(folder.with_suffix(".lock")):
            return _url_of(folder, factory)
    except ConfigurationError as reason:
        missing_server(str(reason))


def missing_server(reason: str) -> NoReturn:
    """Skip the test, or fail it in CI."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def run_folder(config: pytest.Config) -> Path:
    """The folder that all processes of this test run share; it may not exist yet."""
    workerinput = getattr(config, "workerinput", None)
    if workerinput is not None:
        return Path(workerinput[_RUN_FOLDER])
    started = psutil.Process().create_time()
    return config.rootpath / ".warren" / "test" / f"run-{os.getpid()}-{int(started * 1000)}"


def _url_of(folder: Path, factory: ServerFactory) -> str:
    url, failure = folder / "url", folder / "failure"
    if url.exists():
        return url.read_text()
    if failure.exists():
        raise ConfigurationError(failure.read_text())
    (folder / "factory").write_text(f"{factory.__module__}:{factory.__qualname__}")
    try:
        address = factory(folder / "state").start()
    except ConfigurationError as error:
        failure.write_text(str(error))
        raise
    url.write_text(address)
    return address


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path`; it ends with the process, so a crash frees it."""
    deadline = time.monotonic() + START_TIMEOUT
    with path.open("a") as handle:
        while not _try_lock(handle.fileno()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"another test process holds {path} for {START_TIMEOUT:.0f} s")
            threading.Event().wait(0.05)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def stop_servers(folder: Path) -> None:
    """Stop every server of the run that `folder` belongs to, and delete the folder."""
    for record in sorted(folder.glob("*/factory")):
        module, _, name = record.read_text().partition(":")
        factory = cast("ServerFactory", getattr(importlib.import_module(module), name))
        factory(record.parent / "state").stop()
    shutil.rmtree(folder, ignore_errors=True)


def stop_abandoned_servers(test_folder: Path) -> None:
    """Stop the servers of earlier runs whose controlling process no longer exists."""
    for folder in test_folder.glob("run-*-*"):
        _, pid, started = folder.name.split("-")
        if not _is_running(int(pid), int(started)):
            stop_servers(folder)


def _is_running(pid: int, started_ms: int) -> bool:
    try:
        started = psutil.Process(pid).create_time() * 1000
        # The clock, from which start times are computed, may have been set since.
        return abs(started - started_ms) < 2000
    except psutil.NoSuchProcess:
        return False


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        stop_abandoned_servers(run_folder(config).parent)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker, before it starts, which folder its run shares."""
    node.workerinput[_RUN_FOLDER] = str(run_folder(node.config))


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        stop_servers(run_folder(config))
