"""The embedded PostgreSQL: one folder, whatever happened to it before."""

import os
import signal
import socket
import stat
from contextlib import closing

import psutil
import psycopg
import pytest

from warren.stack.postgres import PostgresServer

pytestmark = pytest.mark.postgres


@pytest.fixture
def server(own_postgres: PostgresServer) -> PostgresServer:
    return own_postgres


def _write(url: str, text: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (line text)")
        connection.execute("INSERT INTO kept VALUES (%s)", [text])


def _lines(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT line FROM kept")]


def test_data_and_address_survive_stop_and_sigkill(server: PostgresServer) -> None:
    # Given a server that was stopped once and killed once after a commit each
    url = server.start()
    _write(url, "before the stop")
    server.stop()
    assert server.pid is None
    assert server.start() == url
    _write(url, "before the kill")
    server.kill()
    # When it starts again, then it is the same server with the same data
    assert server.start() == url
    assert _lines(url) == ["before the stop", "before the kill"]


def test_it_is_durable_private_and_on_one_address_only(server: PostgresServer) -> None:
    url = server.start()
    with psycopg.connect(url) as connection:
        shown = [
            connection.execute(f"SHOW {name}").fetchone()
            for name in ("fsync", "synchronous_commit", "full_page_writes", "listen_addresses")
        ]
    assert shown == [("on",), ("on",), ("on",), ("127.0.0.1",)]
    assert stat.S_IMODE((server.folder / "password").stat().st_mode) == 0o600
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url.replace("warren:", "warren:wrong"), connect_timeout=5)


def test_another_process_takes_over_what_was_left_running(server: PostgresServer) -> None:
    url = server.start()
    other = PostgresServer(server.folder)
    assert (other.start(), other.pid) == (url, server.pid)
    other.stop()
    assert server.pid is None


def test_children_that_outlive_their_server_do_not_prevent_a_start(
    server: PostgresServer,
) -> None:
    # Given a server that was killed while one of its children was frozen and could not notice
    url = server.start()
    with closing(psycopg.connect(url, autocommit=True)) as session:
        os.kill(session.info.backend_pid, signal.SIGSTOP)
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        # When it is started at once, then it comes up
        assert server.start() == url
    _write(url, "alive")


def test_a_pid_file_that_names_somebody_else_does_not_prevent_a_start(
    server: PostgresServer,
) -> None:
    # Given a killed server whose number was given to another process, this one
    url = server.start()
    server.kill()
    pid_file = server.folder / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    # Then it starts, and the other process is left alone
    assert server.start() == url
    assert psutil.Process().is_running()


def test_a_first_start_that_was_interrupted_is_begun_again(server: PostgresServer) -> None:
    unfinished = server.folder / "data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    _write(server.start(), "complete")


def test_another_port_is_taken_when_somebody_has_ours(server: PostgresServer) -> None:
    url = server.start()
    server.stop()
    port = int((server.folder / "port").read_text())
    with socket.socket() as occupant:
        occupant.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        occupant.bind(("127.0.0.1", port))
        occupant.listen()
        assert server.start() != url
