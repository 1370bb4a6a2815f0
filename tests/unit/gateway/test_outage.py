"""One line when a server goes away, one every half minute, one when it is back."""

from structlog.testing import capture_logs

from gateway.outage import Outage


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_long_outage_is_logged_every_half_minute() -> None:
    clock = Clock()
    with capture_logs() as lines:
        outage = Outage("the broker", clock)
        for _ in range(65):
            outage.failed("refused", backlog=7)
            clock.now += 1
        outage.over()

    errors = [line for line in lines if line["log_level"] == "error"]
    assert [line["outage_seconds"] for line in errors] == [0, 30, 60]
    assert errors[0]["backlog"] == 7
    assert lines[-1]["event"] == "the broker can be used again"


def test_waits_grow_to_two_seconds_and_start_small_again() -> None:
    outage = Outage("the broker")
    with capture_logs():
        waits = [outage.failed("refused") for _ in range(8)]
        outage.over()
        again = outage.failed("refused")

    assert waits[0] <= 0.1
    assert 1.4 <= waits[-1] <= 2.0
    assert again <= 0.1


def test_a_server_that_was_never_away_is_not_mentioned() -> None:
    with capture_logs() as lines:
        Outage("the broker").over()

    assert lines == []
