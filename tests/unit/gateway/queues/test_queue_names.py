"""Names of queues, and their table."""

import pytest

from gateway.queues.commands import table
from gateway.queues.overview import is_queue_name


@pytest.mark.parametrize("name", ["tts.default", "image.gpu.low", "api.critical"])
def test_names_of_queues_are_known(name: str) -> None:
    assert is_queue_name(name)


@pytest.mark.parametrize(
    "name", ["", "tts", "tts.urgent", "image.tpu.low", "a.b.c.low", "TTS.low", "warren.status"]
)
def test_other_names_are_not(name: str) -> None:
    assert not is_queue_name(name)


def test_columns_stand_under_each_other() -> None:
    item = {
        "name": "tts.default",
        "waiting": 1234567,
        "due": 5,
        "in_flight": 0,
        "unstarted": 0,
        "workers": 1,
        "slots": 4,
        "oldest_due_seconds": 61.4,
        "paused": True,
        "paused_by": "key:abc",
    }

    header, line, other = table([item, {**item, "oldest_due_seconds": None, "paused": False}])

    assert line.split() == [
        "tts.default", "1234567", "5", "0", "0", "1", "4", "61s", "paused", "by", "key:abc",
    ]  # fmt: skip
    assert header.index("DUE") + 3 == line.index(" 5 ") + 2
    assert other.endswith("-")


def test_without_queues_the_table_says_so() -> None:
    assert table([]) == ["no queue has tasks or workers"]
