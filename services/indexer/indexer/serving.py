"""Serving the search node in the foreground."""

import signal
import socket
from contextlib import suppress
from types import FrameType

import structlog
import uvicorn

from indexer.config import IndexSettings, SearchNodeSettings
from indexer.opening import open_index
from indexer.query import create_app, warm_up
from warren.errors import ConfigurationError

_SHUTDOWN = 10


def serve(settings: SearchNodeSettings, index_settings: IndexSettings) -> None:
    """Serve until SIGTERM or SIGINT, then answer what was asked, for ten seconds at most.

    The exit code is 0 then, and 1 if an answer was cut off.

    Raises ConfigurationError if the address cannot be had. Main thread only.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    index = open_index(index_settings).index
    try:
        with _listening(settings.host, settings.port) as listening:
            structlog.get_logger("indexer.query").info(
                "search_node_listening", url=f"http://{settings.host}:{settings.port}"
            )
            warm_up()
            config = uvicorn.Config(
                create_app(index, settings.token),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_SHUTDOWN,
            )
            server = _Server(config)
            with suppress(SystemExit):
                server.run(sockets=[listening])
            raise SystemExit(server.exit_code)
    finally:
        index.close()


def _leave(_number: int, _frame: FrameType | None) -> None:
    """uvicorn, when it has stopped, repeats the signal for whoever handled it before: for us."""
    raise SystemExit(0)


class _Server(uvicorn.Server):
    """`exit_code` is 0 once all that was asked has been answered."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.exit_code = 1

    async def _wait_tasks_to_complete(self) -> None:
        # uvicorn cancels this when it has waited for long enough.
        await super()._wait_tasks_to_complete()
        self.exit_code = int(self.force_exit)


def _listening(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise ConfigurationError(
            f"cannot listen on {host}:{port} ({error.strerror}): set WARREN_SEARCH_PORT to another"
        ) from error
    return listening
