"""An S3-compatible server on a free port of this machine, shared by the tests of a process."""

import socket
import warnings
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from warren.artifacts.opening import S3Settings


@pytest.fixture(scope="session")
def s3_settings() -> Iterator[S3Settings]:
    with warnings.catch_warnings():
        # What the server's own imports deprecate is not ours to fix.
        warnings.simplefilter("ignore")
        from moto.server import ThreadedMotoServer

        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
    host, port = server.get_host_and_port()
    yield S3Settings(
        endpoint=f"http://{host}:{port}",
        region="us-east-1",
        access_key_id="tests",
        secret_access_key="tests",
        timeout=10.0,
    )
    server.stop()


@pytest.fixture
def bucket_url(s3_settings: S3Settings) -> str:
    """A new bucket, with a prefix in it."""
    name = f"tests-{uuid4().hex}"
    httpx.put(f"{s3_settings.endpoint}/{name}", timeout=10).raise_for_status()
    return f"s3://{name}/some/prefix"


@pytest.fixture
def unused_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
