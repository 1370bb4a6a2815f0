"""Documents and FAQs over HTTP, with a test in the place of relay, worker and recorder."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.gateway.hands import Hands, hands_on


@pytest.fixture
def hands(database: Any) -> Iterator[Hands]:
    with hands_on(database.url) as hands:
        yield hands
