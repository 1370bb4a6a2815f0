"""What the load's customers note down of a request that was tried again."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.chaos.evidence.services import Write as Noted
from tests.chaos.evidence.services_reading import read_writes
from tests.chaos.journal import Journal
from tests.chaos.load.asking import Gateways
from tests.chaos.load.writes.writer import Write, Writer
from tests.recording_server import RecordingServer, recording_server


@pytest.fixture
def gateway() -> Iterator[RecordingServer]:
    with recording_server() as server:
        yield server


def noted(gateway: RecordingServer, folder: Path, *answers: int, keyed: bool = True) -> Noted:
    gateway.answers = [*answers]
    gateways = Gateways([gateway.url], "key")
    with Journal(folder / "client.jsonl") as journal:
        writer = Writer("me", gateways, journal, Random(1), seed=1)
        writer.write(Write("books", "remove", "DELETE", "/book", "b", keyed=keyed))
    gateways.close()
    (write,) = read_writes(folder / "client.jsonl")
    return write


def test_a_yes_to_the_last_try_is_a_yes(gateway: RecordingServer, tmp_path: Path) -> None:
    assert noted(gateway, tmp_path, 0, 204).is_sure


def test_a_no_to_the_only_try_is_a_no(gateway: RecordingServer, tmp_path: Path) -> None:
    assert not noted(gateway, tmp_path, 404).may_have_worked


def test_a_no_to_the_last_try_says_nothing_of_those_before(
    gateway: RecordingServer, tmp_path: Path
) -> None:
    write = noted(gateway, tmp_path, 503, 404)

    assert write.may_have_worked
    assert not write.is_sure


def test_without_a_key_there_is_one_try(gateway: RecordingServer, tmp_path: Path) -> None:
    write = noted(gateway, tmp_path, 503, 204, keyed=False)

    assert write.may_have_worked
    assert gateway.answers == [204]
