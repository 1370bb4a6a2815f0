"""Serving a process's numbers to Prometheus."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server

from warren.errors import ConfigurationError

_CLOSE_TIMEOUT = 5.0


@contextmanager
def serving_metrics(registry: CollectorRegistry, host: str, port: int) -> Iterator[None]:
    """Serve `registry` on `/metrics` within the block; nowhere if `port` is 0.

    Raises ConfigurationError if the port cannot be had.
    """
    if not port:
        yield
        return
    try:
        server, thread = start_http_server(port, host, registry=registry)
    except OSError as error:
        reason = "is taken" if error.errno == errno.EADDRINUSE else f"fails: {error.strerror}"
        raise ConfigurationError(
            f"port {port} of {host}, set for metrics, {reason}: choose another, or 0 for none"
        ) from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(_CLOSE_TIMEOUT)
