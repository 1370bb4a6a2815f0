"""Which dead letters a bulk action means."""

from datetime import UTC, datetime, timedelta

from gateway.dead_letters.selection import LetterFilter
from gateway.housekeeping.actors import recorded_before
from warren.contracts.ids import id_at

ASKED = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
ACTION = id_at(ASKED, "an action")
KIND = LetterFilter(kind="tts.synthesize")


def test_letters_that_come_up_after_the_action_are_not_meant() -> None:
    # A replayed task that fails again leaves a letter; replaying that, too, would never end.
    until = recorded_before(KIND, ACTION).until
    assert until is not None
    assert ASKED < until <= ASKED + timedelta(milliseconds=1)


def test_an_earlier_end_of_the_filter_holds() -> None:
    earlier = ASKED - timedelta(hours=1)
    chosen = KIND.model_copy(update={"until": earlier})
    assert recorded_before(chosen, ACTION).until == earlier


def test_an_empty_filter_stays_empty_so_that_it_is_refused() -> None:
    assert recorded_before(LetterFilter(), ACTION).is_empty
