"""One Elasticsearch node of the project's own: one folder holds all of it but the program."""

import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import httpx
import psutil

from warren.errors import ConfigurationError
from warren.stack.ports import HOST, free_port, reserve
from warren.stack.postgres_account import ServerAccount, server_account

VERSION = "8.19.2"
_HOME = "WARREN_ELASTICSEARCH_HOME"
_START_TIMEOUT = 120.0
_POLL = 0.1
#: A node lives for minutes: compiled as thoroughly as for months it would take twice as long to
#: start.
_JAVA_OPTIONS = "-Xms512m -Xmx512m -XX:TieredStopAtLevel=1"
_SETTINGS = """\
cluster.name: {name}
node.name: only
discovery.type: single-node
xpack.security.enabled: false
network.host: {host}
http.port: {port}
transport.port: {transport}
path.data: {folder}/data
path.logs: {folder}/logs
cluster.routing.allocation.disk.watermark.low: 2gb
cluster.routing.allocation.disk.watermark.high: 1gb
cluster.routing.allocation.disk.watermark.flood_stage: 500mb
"""


class ElasticsearchNode:
    """Listens on 127.0.0.1 only; starts in 8 s and takes 800 MB.

    `start`, `stop` and `kill` are idempotent, whoever started the node; its address stays.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    @property
    def url(self) -> str:
        """Where it listens; raises FileNotFoundError before the first start."""
        return f"http://{HOST}:{self._ports()[0]}"

    @property
    def pid(self) -> int | None:
        """The process id of the running node, None when there is none."""
        process = self._process()
        return process.pid if process else None

    def start(self) -> str:
        """Start the node unless it runs, wait until it answers, and return its URL.

        Raises ConfigurationError when Elasticsearch or Java is not installed or it does not start.
        """
        if self._process() is None:
            self._launch(installed_home(), java_home())
        deadline = time.monotonic() + _START_TIMEOUT
        while not self._answers():
            if self._process() is None or time.monotonic() > deadline:
                raise ConfigurationError(f"Elasticsearch did not start: {self._log_tail()}")
            threading.Event().wait(_POLL)
        return self.url

    def stop(self) -> None:
        """Killed: what is acknowledged is in the translog, and a clean stop takes seconds."""
        self.kill()

    def kill(self) -> None:
        """SIGKILL, as a power failure would; the next start recovers."""
        process = self._process()
        if process is not None:
            process.kill()
            psutil.wait_procs([process], timeout=10)

    def remove(self) -> None:
        """End it and delete all that it holds: half a gigabyte that nobody else needs."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _launch(self, home: Path, java: Path) -> None:
        account = server_account("warren-search", "Elasticsearch")
        self._prepare(home, account)
        self._pid_file.unlink(missing_ok=True)
        with self._log.open("ab") as log:
            # The child stays behind as nobody's: any process of ours may stop it.
            subprocess.run(  # noqa: S603 - a program of the installation, arguments of ours
                [str(home / "bin" / "elasticsearch"), "-d", "-p", str(self._pid_file)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": str(self.folder),
                    "ES_JAVA_HOME": str(java),
                    "ES_JAVA_OPTS": _JAVA_OPTIONS,
                    "ES_PATH_CONF": str(self.folder / "config"),
                    "ES_TMPDIR": str(self.folder / "tmp"),
                },
                start_new_session=True,
                timeout=_START_TIMEOUT,
                check=False,
                user=account.user,
                group=account.group,
                extra_groups=account.extra_groups,
            )

    def _prepare(self, home: Path, account: ServerAccount) -> None:
        for name in ("data", "logs", "tmp"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        config = self.folder / "config"
        if not config.exists():
            shutil.copytree(home / "config", config)
            # The garbage collector's log and dumps would go to the program's folder.
            options = (config / "jvm.options").read_text().splitlines()
            kept = [line for line in options if "logs/" not in line and "HeapDump" not in line]
            (config / "jvm.options").write_text("\n".join(kept) + "\n")
        http, transport = self._choose_ports()
        settings = _SETTINGS.format(
            name=self.folder.parent.name,
            host=HOST,
            port=http,
            transport=transport,
            folder=self.folder,
        )
        (config / "elasticsearch.yml").write_text(settings)
        account.grant_access(self.folder, home)
        for path in (self.folder, *self.folder.rglob("*")):
            account.own(path)

    def _choose_ports(self) -> tuple[int, int]:
        if not self._port_file.exists() or not all(map(reserve, self._ports())):
            self._port_file.write_text(f"{free_port()} {free_port()}\n")
        return self._ports()

    def _ports(self) -> tuple[int, int]:
        http, transport = map(int, self._port_file.read_text().split())
        return http, transport

    def _answers(self) -> bool:
        try:
            health = httpx.get(
                f"{self.url}/_cluster/health",
                params={"wait_for_status": "yellow", "timeout": "5s"},
                timeout=10,
                trust_env=False,
            )
        except httpx.HTTPError:
            return False
        return health.status_code == httpx.codes.OK

    def _process(self) -> psutil.Process | None:
        """By its pid file, if that process was really told to use our folder."""
        try:
            process = psutil.Process(int(self._pid_file.read_text()))
            ours = f"-Djava.io.tmpdir={self.folder / 'tmp'}" in process.cmdline()
            return process if ours and process.status() != psutil.STATUS_ZOMBIE else None
        except (FileNotFoundError, ValueError, psutil.Error):
            return None

    def _log_tail(self) -> str:
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        return " | ".join(text.splitlines()[-8:]) or "its log is empty"

    @property
    def _pid_file(self) -> Path:
        return self.folder / "pid"

    @property
    def _port_file(self) -> Path:
        return self.folder / "ports"

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"


def installed_home() -> Path:
    """The folder of the program; raises ConfigurationError when it is not installed."""
    home = Path(os.environ.get(_HOME) or f".warren/elasticsearch/{VERSION}").resolve()
    if not (home / "bin" / "elasticsearch").exists():
        raise ConfigurationError(
            "Elasticsearch is not installed here: run deploy/setup/elasticsearch.sh install, or"
            " name a server in WARREN_TEST_ELASTICSEARCH_URL"
        )
    return home


def java_home() -> Path:
    """A Java 17; raises ConfigurationError when there is none."""
    named = os.environ.get("ES_JAVA_HOME")
    candidates = [Path(named)] if named else sorted(Path("/usr/lib/jvm").glob("*17*"))
    for candidate in candidates:
        if (candidate / "bin" / "java").exists():
            return candidate
    raise ConfigurationError(
        "Elasticsearch needs Java 17: run deploy/setup/elasticsearch.sh install"
    )
