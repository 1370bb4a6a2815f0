"""In which order lanes are served."""

from warren.messaging.lane_order import FLOOR, LaneOrder, in_lane_order

CRITICAL, DEFAULT, LOW = LANES = ["tts.critical", "tts.default", "tts.low"]


def _first(order: LaneOrder, turns: int) -> list[str]:
    return [order.of_turn(turn)[0] for turn in range(1, turns + 1)]


def test_lanes_are_sorted_by_their_urgency() -> None:
    assert in_lane_order(["a.low", "a.default", "a.probe", "a.critical"]) == [
        "a.probe",
        "a.critical",
        "a.default",
        "a.low",
    ]


def test_each_lower_lane_has_one_turn_in_twenty() -> None:
    first = _first(LaneOrder(LANES), 10 * FLOOR)
    assert (first.count(DEFAULT), first.count(LOW)) == (10, 10)


def test_whoever_has_no_turn_comes_behind_in_the_usual_order() -> None:
    order = LaneOrder(LANES)
    assert list(order.of_turn(1)) == LANES
    assert list(order.of_turn(FLOOR - 1)) == [LOW, CRITICAL, DEFAULT]
    assert list(order.of_turn(FLOOR)) == [DEFAULT, CRITICAL, LOW]


def test_an_old_low_lane_takes_turns_with_default_and_stays_behind_critical() -> None:
    # Given a job of the low lane that had waited for longer than low jobs should
    order = LaneOrder(LANES, low_ages_after=900)
    order.noted(LOW, 901)
    # Then every other turn has low before default
    assert [list(order.of_turn(turn))[:2] for turn in (1, 2, 3)] == [
        [CRITICAL, LOW],
        [CRITICAL, DEFAULT],
        [CRITICAL, LOW],
    ]


def test_a_low_lane_that_has_caught_up_is_the_last_again() -> None:
    order = LaneOrder(LANES, low_ages_after=900)
    order.noted(LOW, 901)
    order.noted(LOW, 5)
    assert list(order.of_turn(1)) == LANES


def test_the_age_of_other_lanes_changes_nothing() -> None:
    order = LaneOrder(LANES, low_ages_after=900)
    order.noted(DEFAULT, 10_000)
    assert list(order.of_turn(1)) == LANES


def test_without_a_default_lane_an_old_low_lane_stays_where_it_is() -> None:
    order = LaneOrder([CRITICAL, LOW], low_ages_after=900)
    order.noted(LOW, 901)
    assert list(order.of_turn(1)) == [CRITICAL, LOW]
