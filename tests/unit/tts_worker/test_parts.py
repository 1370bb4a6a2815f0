from collections.abc import Iterator

import pytest

from tts_worker.ports import Samples
from tts_worker.workers.parts import MOST_PARTS, SpokenParts, ends_part
from warren.contracts.speech import AudioFormat
from warren.testing.worker import FakeContext


class Encoded:
    """Audio that is there already, to be taken one piece after the other."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)

    def write(self, samples: Samples) -> None:
        raise NotImplementedError

    def take(self) -> bytes:
        return self._pieces.pop(0)

    def complete(self) -> None:
        return

    def finish(self) -> Iterator[bytes]:
        raise NotImplementedError


def announced(context: FakeContext, *pieces: bytes) -> list[bytes]:
    parts = SpokenParts(Encoded(*pieces), AudioFormat.MP3, context)
    for _ in pieces[1:]:
        parts.announce()
    parts.end()
    return [context.store.read(part.artifact.sha256) for part in context.parts]


def again(context: FakeContext) -> FakeContext:
    """Another attempt of the same task."""
    return FakeContext(attempt=2, task_id=context.task_id, store=context.store)


@pytest.mark.parametrize("passages", [1, 2, 300, 900, 901, 1_500, 6_000, 50_000])
def test_a_text_of_any_length_has_few_enough_parts_and_the_first_come_one_by_one(
    passages: int,
) -> None:
    ends = [number for number in range(1, passages + 1) if ends_part(number, passages)]
    assert len(ends) <= MOST_PARTS
    assert ends[:300] == list(range(1, min(passages, 300) + 1))


def test_parts_are_numbered_and_keep_their_order() -> None:
    context = FakeContext()
    assert announced(context, b"one", b"two", b"end") == [b"one", b"two", b"end"]
    assert [part.artifact.name for part in context.parts] == [
        f"tts_{context.task_id}.{number:04}.mp3" for number in (1, 2, 3)
    ]


def test_what_is_still_in_the_encoder_makes_no_part() -> None:
    context = FakeContext()
    assert announced(context, b"", b"two", b"") == [b"two"]


def test_another_run_announces_the_same_parts() -> None:
    first = FakeContext()
    announced(first, b"one", b"end")
    second = again(first)
    announced(second, b"one", b"end")
    assert second.parts == first.parts


def test_a_run_that_speaks_otherwise_announces_what_the_first_has() -> None:
    # Given a run that ended after two parts, and another one by another release
    first = FakeContext()
    announced(first, b"one", b"two")
    second = again(first)

    heard = announced(second, b"ONE", b"TWO", b"THREE")

    assert heard == [b"one", b"two", b"THREE"]
    assert second.parts[:2] == first.parts


def test_a_part_whose_file_has_gone_is_announced_as_it_is_spoken_now() -> None:
    first = FakeContext()
    announced(first, b"one")
    first.store.contents.clear()
    assert announced(again(first), b"ONE") == [b"ONE"]
