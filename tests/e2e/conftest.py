"""One running stack for all end-to-end tests of a run, and a client that speaks HTTP only."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.client import Client
from tests.e2e.stacks import started_stack
from tests.running_chatbot import RunningChatbot
from warren.stack.plan import StackPlan, WorkerPlan
from warren.stack.stack import Stack
from warren.testing.deadline import eventually


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole system; every test leaves it running, whatever it killed."""
    root: Path = tmp_path_factory.mktemp("stack")
    workers = [
        WorkerPlan("tts-worker", concurrency=2),
        WorkerPlan("indexer"),
        WorkerPlan("nlp-worker", concurrency=2),
        WorkerPlan("image-worker"),
        WorkerPlan("sync-worker"),
    ]
    with started_stack(root, StackPlan(workers=workers)) as stack:
        yield stack


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    """An HTTP client with the stack's first key, of a gateway that is up.

    What was killed often starts after a pause that grows with each time.
    """
    with Client(stack.descriptor.gateway_url, stack.descriptor.api_key) as client:
        eventually(client.is_answered, within=60)
        yield client


@pytest.fixture
def chatbot(stack: Stack) -> Iterator[RunningChatbot]:
    """The stack's own; well again after every test."""
    port = json.loads(stack.folder.ports.read_text())["chatbot"]
    token = stack.folder.secret("chatbot").read_text().strip()
    chatbot = RunningChatbot(f"http://127.0.0.1:{port}", token)
    eventually(chatbot.is_ready, within=60)
    yield chatbot
    eventually(chatbot.is_ready, within=60)
    chatbot.switch("none")
    chatbot.close()
