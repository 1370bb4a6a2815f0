"""What one process finds out about a provider reaches the others, and ends when it should."""

from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from warren.contracts.orders import HoldProvider, ReleaseProvider, parse_order
from warren.errors import Unavailable
from warren.providers import Hold, ProviderBoard, ProviderDown
from warren.providers.notice import NoticeReader
from warren.worker.provider_holds import ProviderHolds, seconds_left

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class _Stream:
    def __init__(self, error: Exception | None = None) -> None:
        self.bodies: list[bytes] = []
        self._error = error

    def publish(self, body: bytes) -> "Future[None]":
        self.bodies.append(body)
        done: Future[None] = Future()
        if self._error:
            done.set_exception(self._error)
        else:
            done.set_result(None)
        return done


def _holds(
    board: ProviderBoard, stream: _Stream, notice: Path, incarnation: str = "one"
) -> ProviderHolds:
    holds = ProviderHolds(board, stream.publish, incarnation, notice, lambda: NOW)
    holds.start()
    return holds


def _order(seconds: float, at: datetime = NOW, by: str = "another") -> HoldProvider:
    return HoldProvider(provider="speech", reason="asked", seconds=seconds, at=at, by=by)


def test_a_pause_reaches_another_process_and_the_slots_of_both(tmp_path: Path) -> None:
    here, there, stream = ProviderBoard(), ProviderBoard(), _Stream()
    _holds(here, stream, tmp_path / "here.json")
    other = _holds(there, stream, tmp_path / "there.json", incarnation="two")

    here.circuit("speech").pause(60)
    (body,) = stream.bodies
    order = parse_order(body)
    assert isinstance(order, HoldProvider)
    other.on_order(order)

    with pytest.raises(ProviderDown, match="speech asked for a pause"):
        there.circuit("speech").enter()
    for notice in ("here.json", "there.json"):
        _, (hold,) = NoticeReader(tmp_path / notice).news()
        assert (hold.provider, hold.reason) == ("speech", "asked")
    # It was told by the one that found out, and by nobody else.
    assert len(stream.bodies) == 1


def test_a_slot_tells_through_its_parent(tmp_path: Path) -> None:
    board, stream = ProviderBoard(), _Stream()
    holds = _holds(board, stream, tmp_path / "notice.json")

    holds.tell(Hold("speech", "failing", 30))

    assert len(stream.bodies) == 1
    with pytest.raises(ProviderDown):
        board.circuit("speech").enter()


def test_a_release_reaches_the_process_and_its_slots_and_no_hold_is_told_any_more(
    tmp_path: Path,
) -> None:
    board, slot = ProviderBoard(), ProviderBoard()
    holds = _holds(board, _Stream(), tmp_path / "notice.json")
    slot.follow(NoticeReader(tmp_path / "notice.json"))
    holds.on_order(_order(60))
    slot.refresh()
    assert [(hold.provider, hold.reason) for hold in holds.beat()] == [("speech", "asked")]

    holds.on_release(ReleaseProvider(provider="speech", by="key:operator"))
    slot.refresh()

    for each in (board, slot):
        each.circuit("speech").enter()
    assert holds.beat() == []


def test_without_the_broker_this_process_leaves_the_provider_alone_all_the_same(
    tmp_path: Path,
) -> None:
    board = ProviderBoard()
    _holds(board, _Stream(Unavailable("no broker")), tmp_path / "notice.json")

    board.circuit("speech").pause(60)

    with pytest.raises(ProviderDown):
        board.circuit("speech").enter()


def test_an_order_that_is_over_changes_nothing(tmp_path: Path) -> None:
    board = ProviderBoard()
    holds = _holds(board, _Stream(), tmp_path / "notice.json")

    holds.on_order(_order(60, NOW - timedelta(seconds=63)))

    board.circuit("speech").enter()


@pytest.mark.parametrize(
    ("age", "left"),
    [
        (0, 60),
        # It was read at once; or the clocks differ by as much as is allowed for.
        (1.5, 60),
        (20, 42),
        (62, 0),
        # The clock of the one who said so is ahead: at most what was asked for.
        (-3600, 60),
    ],
)
def test_what_is_left_of_a_hold_allows_for_clocks_that_differ(age: float, left: float) -> None:
    assert seconds_left(_order(60, NOW - timedelta(seconds=age)), NOW) == left
