"""A system in memory with the behaviour service."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from warren.testing.memory import InMemoryWarren

NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def warren() -> Iterator[InMemoryWarren]:
    with InMemoryWarren("tests.behaviour.service", start=NOON) as warren:
        yield warren
