"""A chatbot of each test's own, and a server that speaks as it is told."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from tests.raw_server import RawServer
from tests.running_chatbot import RunningChatbot, running_chatbot
from warren.contracts.ids import new_id


@pytest.fixture
def chatbot(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningChatbot]:
    """Where the jobs find it."""
    with running_chatbot() as chatbot:
        monkeypatch.setenv("SYNC_CHATBOT_URL", chatbot.url)
        yield chatbot


@pytest.fixture
def customer() -> UUID:
    return new_id()


@pytest.fixture
def server() -> Iterator[RawServer]:
    server = RawServer()
    yield server
    server.close()
