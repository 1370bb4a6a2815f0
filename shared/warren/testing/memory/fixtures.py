"""A pytest plugin with one fixture: `warren_memory`, an in-memory system for each test."""

from collections.abc import Iterator, Sequence

import pytest

from warren.testing.memory.system import InMemoryWarren
from warren.worker.discovery import AnyWorker


@pytest.fixture
def warren_jobs() -> Sequence[str | AnyWorker]:
    """Whose jobs `warren_memory` runs: override it with names of services, or Worker classes."""
    pytest.fail(
        "say whose jobs warren_memory is to run, with a fixture warren_jobs that returns names of "
        'services or Worker classes, such as ["example_worker"]',
        pytrace=False,
    )


@pytest.fixture
def warren_memory(warren_jobs: Sequence[str | AnyWorker]) -> Iterator[InMemoryWarren]:
    """A fresh in-memory system, in whose hands the test is."""
    with InMemoryWarren(*warren_jobs) as warren:
        yield warren
