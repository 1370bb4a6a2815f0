"""The load's client brings to its end what it has begun, also when the run is over."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.chaos.journal import Journal
from tests.chaos.load.ask import Ask, AskBatch
from tests.chaos.load.asking import Gateways
from tests.chaos.load.client import Submitter
from tests.chaos.load.submissions import MoreMembers, Single
from tests.recording_server import RecordingServer, recording_server

_ASK = Ask("chaos.quick", {})
_IN_TWO_PARTS = AskBatch((_ASK, _ASK), first=1, label=None)


@pytest.fixture
def gateway() -> Iterator[RecordingServer]:
    answer = {"task_id": "t", "unique": False, "members": ["m"]}
    with recording_server(json.dumps(answer).encode()) as server:
        yield server


@pytest.fixture
def submitter_at_the_end(gateway: RecordingServer, tmp_path: Path) -> Iterator[Submitter]:
    over = threading.Event()
    over.set()
    gateways = Gateways([gateway.url], "key")
    with Journal(tmp_path / "client.jsonl") as journal:
        yield Submitter(gateways, journal, over)
    gateways.close()


def test_the_rest_of_a_batch_is_sent_after_the_end(
    submitter_at_the_end: Submitter, gateway: RecordingServer
) -> None:
    submitter_at_the_end.submit("1-1-1", MoreMembers(_IN_TWO_PARTS, "b"), Random(1))

    assert gateway.asked == ["/api/v1/batches/b/members"]


def test_nothing_new_is_begun_after_the_end(
    submitter_at_the_end: Submitter, gateway: RecordingServer
) -> None:
    assert submitter_at_the_end.submit("1-1-1", Single(_ASK), Random(1)) is None

    assert gateway.asked == []
