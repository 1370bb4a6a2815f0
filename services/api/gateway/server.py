"""Serving the web application in the foreground."""

import errno
import gc
import socket

import structlog
import uvicorn
from fastapi import FastAPI

from gateway.app import create_app
from gateway.config import GatewaySettings
from gateway.http_protocol import bounded
from warren.errors import ConfigurationError
from warren.loading import keep_loaded
from warren.serving import LeavingServer, leave_on_signals

_KEEP_ALIVE = 20
_BACKLOG = 2048
#: New objects before garbage is looked for among them: requests leave hardly any, and a batch makes
#: twenty thousand that are all in use.
_NEW_OBJECTS = 10_000


def serve(settings: GatewaySettings, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, then finish what has begun, for `shutdown_timeout` at most.

    The exit code is 0 then, and 1 if any of it was cut off, or the application did not start.

    Raises ConfigurationError when the address cannot be had. Main thread only.
    """
    leave_on_signals()
    listening = listen(host, port)
    structlog.get_logger(__name__).info(
        "gateway_listening", url=f"http://{host}:{listening.getsockname()[1]}"
    )
    with listening:
        _Server(web_config(settings)).run_to_exit(listening)


class _Server(LeavingServer):
    """Lets requests go that wait for tasks, or follow them, before it waits for requests."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        keep_loaded()
        gc.set_threshold(_NEW_OBJECTS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        app = self.config.app
        if isinstance(app, FastAPI) and hasattr(app.state, "gateway"):
            app.state.gateway.ends.release()
            app.state.gateway.following.feed.release()
        await super().shutdown(sockets)


def web_config(settings: GatewaySettings) -> uvicorn.Config:
    """How uvicorn serves the application."""
    return uvicorn.Config(
        create_app(settings),
        loop="uvloop",
        http=bounded(settings.header_timeout, settings.reader_timeout),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=round(settings.shutdown_timeout),
    )


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises ConfigurationError with what to do if it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise ConfigurationError(
                f"port {port} of {host} is taken: set WARREN_PORT or --port to another"
            ) from error
        raise ConfigurationError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    listening.setblocking(False)
    return listening
