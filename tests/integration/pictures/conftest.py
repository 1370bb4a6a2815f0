"""Providers of pictures and prompts, on a server of the test's own."""

from collections.abc import Iterator

import pytest

from tests.integration.pictures.painting_server import PaintingServer, painting_server


@pytest.fixture
def server() -> Iterator[PaintingServer]:
    with painting_server() as state:
        yield state
