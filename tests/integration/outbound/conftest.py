"""A server on this machine that speaks as it is told."""

from collections.abc import Iterator

import pytest

from tests.raw_server import RawServer


@pytest.fixture
def server() -> Iterator[RawServer]:
    server = RawServer()
    yield server
    server.close()
