"""What `warren worker` is told."""

import pytest

from warren.cli.worker_command import parse_lanes
from warren.cli.worker_options import as_arguments, given
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


def test_options_that_were_given_are_passed_on_to_every_process_as_they_were_typed() -> None:
    options = given(isolation="tts.synthesize=thread", async_jobs=None, max_memory_mb=512)

    assert options == {"isolation": "tts.synthesize=thread", "max_memory_mb": 512}
    assert as_arguments(options) == [
        "--isolation",
        "tts.synthesize=thread",
        "--max-memory-mb",
        "512",
    ]
