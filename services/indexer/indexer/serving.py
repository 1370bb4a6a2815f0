"""Serving the search node in the foreground."""

import socket

import structlog
import uvicorn

from indexer.config import IndexSettings, SearchNodeSettings
from indexer.opening import open_index
from indexer.query import create_app, warm_up
from warren.errors import ConfigurationError
from warren.serving import LeavingServer, leave_on_signals

_SHUTDOWN = 10


def serve(settings: SearchNodeSettings, index_settings: IndexSettings) -> None:
    """Serve until SIGTERM or SIGINT, then answer what was asked, for ten seconds at most.

    The exit code is 0 then, and 1 if an answer was cut off.

    Raises ConfigurationError if the address cannot be had. Main thread only.
    """
    leave_on_signals()
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
            LeavingServer(config).run_to_exit(listening)
    finally:
        index.close()


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
