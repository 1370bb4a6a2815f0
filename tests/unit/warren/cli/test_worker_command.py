"""What `warren worker` is told."""

import pytest

from warren.cli.worker_command import parse_lanes
from warren.contracts.lanes import Lane
from warren.errors import ConfigurationError


def test_lanes_are_read_from_a_list() -> None:
    assert parse_lanes("low, critical,") == [Lane.LOW, Lane.CRITICAL]


@pytest.mark.parametrize(
    ("text", "words"), [("urgent", "unknown lane 'urgent'"), (" , ", "no lane is given")]
)
def test_a_wrong_list_says_what_to_give(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        parse_lanes(text)
