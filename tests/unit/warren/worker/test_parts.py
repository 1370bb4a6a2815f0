"""Pieces of a result are numbered, held back when they come too fast, and limited."""

import pytest

from warren.contracts.status import Part
from warren.testing.worker import FakeContext
from warren.worker.parts import MAX_PARTS, PartReporter, TooManyParts


def test_parts_are_numbered_in_the_order_in_which_they_were_announced() -> None:
    context = FakeContext()
    saved = [context.artifacts.save(f"{n}.txt", b"x", "text/plain") for n in range(3)]

    assert [context.part(artifact) for artifact in saved] == [1, 2, 3]
    assert [(part.seq, part.artifact.name) for part in context.parts] == [
        (1, "0.txt"),
        (2, "1.txt"),
        (3, "2.txt"),
    ]


def test_a_job_that_is_too_fast_waits_and_leaves_nothing_out() -> None:
    now, waits, sent = [10.0], [], list[Part]()

    def wait(seconds: float) -> None:
        waits.append(round(seconds, 3))
        now[0] += seconds

    parts = PartReporter(sent.append, interval=0.05, clock=lambda: now[0], wait=wait)
    artifact = FakeContext().given("a", b"x")

    for _ in range(3):
        parts.report(artifact)
    now[0] += 1
    parts.report(artifact)

    assert waits == [0.05, 0.05]
    assert [part.seq for part in sent] == [1, 2, 3, 4]


def test_there_is_an_end_to_parts() -> None:
    parts = PartReporter(lambda _part: None, interval=0)
    artifact = FakeContext().given("a", b"x")
    for _ in range(MAX_PARTS):
        parts.report(artifact)

    with pytest.raises(TooManyParts, match="1000 parts"):
        parts.report(artifact)
