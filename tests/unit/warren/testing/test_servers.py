"""Servers shared by a run: started once, stopped by any process, skipped when impossible."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from warren.errors import ConfigurationError
from warren.testing import servers
from warren.testing.servers import shared_server, stop_abandoned_servers


class Server:
    """Writes down what is done to it, where another instance with its folder finds it."""

    def __init__(self, folder: Path) -> None:
        self._journal = folder.parent.parent.parent / "journal"

    def start(self) -> str:
        self._note("start")
        return "fake://server"

    def stop(self) -> None:
        self._note("stop")

    def _note(self, word: str) -> None:
        with self._journal.open("a") as journal:
            journal.write(word + "\n")


class MissingServer(Server):
    """A server whose package is not there."""

    def start(self) -> str:
        self._note("start")
        raise ConfigurationError("install it")


def _config(root: Path, run: str = "run-1-1") -> Any:
    return SimpleNamespace(rootpath=root, workerinput={"warren_run_folder": str(root / run)})


def _journal(root: Path) -> list[str]:
    return (root / "journal").read_text().split()


def test_a_server_is_started_once_for_all_processes_of_a_run(tmp_path: Path) -> None:
    # When two processes of a run need the same server
    urls = [shared_server(_config(tmp_path), "db", Server) for _ in range(2)]
    # Then they share it
    assert urls == ["fake://server"] * 2
    assert _journal(tmp_path) == ["start"]


def test_another_process_stops_it_and_clears_up(tmp_path: Path) -> None:
    # Given a run with a server
    shared_server(_config(tmp_path), "db", Server)
    # When the controlling process ends the run
    servers.stop_servers(tmp_path / "run-1-1")
    # Then the server is stopped and its folder gone
    assert _journal(tmp_path) == ["start", "stop"]
    assert not (tmp_path / "run-1-1").exists()


def test_servers_of_a_killed_run_are_stopped_by_the_next(tmp_path: Path) -> None:
    # Given a run whose controlling process no longer exists
    shared_server(_config(tmp_path, run="run-999999999-1"), "db", Server)
    # When another run begins
    stop_abandoned_servers(tmp_path)
    # Then the server is stopped
    assert _journal(tmp_path) == ["start", "stop"]


def test_servers_of_a_living_run_are_left_alone(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    # Given a run whose controlling process is this one
    mine = SimpleNamespace(rootpath=tmp_path)
    run = servers.run_folder(mine)  # type: ignore[arg-type]
    shared_server(_config(tmp_path, run=str(run.relative_to(tmp_path))), "db", Server)
    # When another run begins
    stop_abandoned_servers(run.parent)
    # Then nothing happens to it
    assert (run / "db" / "url").exists()


def test_a_missing_server_skips_with_its_reason_and_is_tried_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a machine without the server, and no CI
    monkeypatch.delenv("CI", raising=False)
    # When two tests need it
    for _ in range(2):
        with pytest.raises(pytest.skip.Exception, match="install it"):
            shared_server(_config(tmp_path), "db", MissingServer)
    # Then they are skipped, and the start was tried once
    assert _journal(tmp_path) == ["start"]


def test_a_missing_server_fails_in_ci(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given CI
    monkeypatch.setenv("CI", "1")
    # When a test needs a server that is not there
    # Then it fails
    with pytest.raises(pytest.fail.Exception, match="install it"):
        shared_server(_config(tmp_path), "db", MissingServer)
