"""A chatbot in memory, called without a socket."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from chatbot.app import make_app


@pytest.fixture
def chatbot() -> Iterator[TestClient]:
    with TestClient(make_app(":memory:"), base_url="http://chatbot/v1/customers/c1/") as client:
        yield client
