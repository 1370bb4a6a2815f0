"""Servers that tests share come from Warren's own testing kit."""

import gc
from collections.abc import Callable

import pytest

pytest.register_assert_rewrite("tests.behaviour")

pytest_plugins = [
    "warren.testing.servers",
    "warren.testing.rabbitmq",
    "warren.testing.postgres",
    "warren.testing.memory.fixtures",
    "warren.testing.elasticsearch",
    "tests.grouping",
    "tests.listening",
]


@pytest.fixture(scope="session")
def migrate_database() -> Callable[[str], None]:
    """Every test's database has the gateway's schema."""
    from gateway.schema import migrate

    return migrate


def pytest_collection_finish() -> None:
    """What was collected stays to the end: no garbage collection need look through it."""
    gc.collect()
    gc.freeze()
