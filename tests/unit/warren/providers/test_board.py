"""One process knows each provider once, whoever found out about it."""

from pathlib import Path

import pytest

from warren.providers import Hold, HttpProvider, ProviderBoard, ProviderDown
from warren.providers.notice import NoticeReader, write_notice


class _Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def board(clock: _Clock) -> ProviderBoard:
    return ProviderBoard(clock)


def _refused_for(board: ProviderBoard, provider: str) -> float | None:
    with pytest.raises(ProviderDown) as caught:
        board.circuit(provider).enter()
    return caught.value.retry_after


def test_two_who_call_one_provider_share_its_pause(board: ProviderBoard) -> None:
    first, second = HttpProvider("speech", board), HttpProvider("speech", board)
    board.circuit("speech").pause(60)

    for provider in (first, second):
        with pytest.raises(ProviderDown), provider.calling():
            raise AssertionError("a call was made")


def test_what_others_found_out_holds_for_providers_called_before_and_after(
    board: ProviderBoard,
) -> None:
    board.circuit("speech").enter()

    board.heed(Hold("speech", "asked", 60))
    board.heed(Hold("image", "failing", 30))

    assert _refused_for(board, "speech") == 60
    assert _refused_for(board, "image") == 30
    board.circuit("another").enter()


def test_after_a_circuit_that_opened_elsewhere_one_call_tries(
    board: ProviderBoard, clock: _Clock
) -> None:
    board.heed(Hold("image", "failing", 10))
    circuit = board.circuit("image")
    clock.now += 10

    circuit.enter()
    assert _refused_for(board, "image") == 30
    circuit.succeeded()
    circuit.enter()


def test_each_hold_that_begins_here_is_told_once(board: ProviderBoard, clock: _Clock) -> None:
    told: list[Hold] = []
    board.tell_to(told.append)
    circuit = board.circuit("speech", failures=2)

    # Calls that were under way are answered alike, within a second.
    for _ in range(5):
        circuit.pause(60)
        clock.now += 0.2
    for _ in range(6):
        circuit.failed()

    assert told == [Hold("speech", "asked", 60), Hold("speech", "failing", 30)]


def test_what_others_told_is_not_told_again(board: ProviderBoard) -> None:
    told: list[Hold] = []
    board.tell_to(told.append)

    board.heed(Hold("speech", "asked", 60))
    board.circuit("speech").pause(60)

    assert told == []


def test_a_pause_is_kept_for_a_week_at_most(board: ProviderBoard) -> None:
    board.circuit("speech").pause(1e9)

    assert _refused_for(board, "speech") == 7 * 86_400


def test_a_hold_ends_by_itself(board: ProviderBoard, clock: _Clock) -> None:
    board.heed(Hold("speech", "asked", 60))
    clock.now += 60

    assert board.holds() == []
    board.circuit("speech").enter()


def test_a_slot_process_reads_what_its_parent_wrote(
    tmp_path: Path, board: ProviderBoard, clock: _Clock
) -> None:
    path = tmp_path / "providers.json"
    board.follow(NoticeReader(path, clock))
    board.refresh()

    write_notice(path, [Hold("speech", "asked", 60)], clock)
    clock.now += 20
    board.refresh()
    assert _refused_for(board, "speech") == 40

    write_notice(path, [Hold("speech", "asked", 90)], clock)
    board.refresh()
    assert _refused_for(board, "speech") == 90

    parent = ProviderBoard(clock)
    parent.heed(Hold("speech", "asked", 90))
    parent.release("speech")
    parent.heed(Hold("image", "failing", 30))
    write_notice(path, parent.holds(), clock, parent.released())
    board.refresh()
    board.circuit("speech").enter()
    assert _refused_for(board, "image") == 30


def test_a_released_provider_is_called_as_if_nothing_had_been(board: ProviderBoard) -> None:
    told: list[Hold] = []
    board.tell_to(told.append)
    circuit = board.circuit("speech", failures=2)
    for _ in range(2):
        circuit.failed()
    circuit.pause(600)
    board.heed(Hold("image", "asked", 60))

    board.release("speech")

    circuit.enter()
    assert [hold.provider for hold in board.holds()] == ["image"]
    # What it asks for later holds, and is told
    circuit.pause(60)
    assert _refused_for(board, "speech") == 60
    assert told[-1] == Hold("speech", "asked", 60)
