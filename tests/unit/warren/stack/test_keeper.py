from collections.abc import Iterator
from contextlib import contextmanager

from warren.errors import ConfigurationError
from warren.stack.keeper import Keeper, UnitState
from warren.testing.deadline import eventually
from warren.testing.fake_unit import FakeUnit


@contextmanager
def kept(
    unit: FakeUnit, *, restart: bool = True, lines: list[str] | None = None
) -> Iterator[Keeper]:
    """The keeper of `unit`, begun, and closed at the end."""
    report = lines.append if lines is not None else lambda line: None
    keeper = Keeper(unit, restart=restart, report=report, changed=lambda: None, first_delay=0.02)
    keeper.begin()
    try:
        yield keeper
    finally:
        keeper.close(patience=1)
        assert keeper.join(timeout=5)


def is_in(keeper: Keeper, state: UnitState) -> bool:
    return keeper.status.state is state


def test_a_unit_that_was_begun_runs_and_shows_its_pid() -> None:
    with kept(FakeUnit("relay")) as keeper:
        eventually(lambda: is_in(keeper, UnitState.RUNNING))

        assert keeper.status.name == "relay"
        assert keeper.status.pid == 1001


def test_a_unit_that_ends_by_itself_is_started_again_and_its_end_reported() -> None:
    # Given a unit that runs
    lines: list[str] = []
    unit = FakeUnit("relay")
    with kept(unit, lines=lines) as keeper:
        eventually(lambda: is_in(keeper, UnitState.RUNNING))

        # When it ends by itself
        unit.end()

        # Then what is left of it is killed, it runs again, and a person can see why
        eventually(lambda: keeper.status.pid == 1002)
        assert unit.kills == 1
        assert keeper.status.restarts == 1
        assert lines[0].startswith("relay: exit code 1; starting it again in")
        assert str(unit.log) in lines[0]


def test_a_unit_that_does_not_start_is_tried_again() -> None:
    with kept(FakeUnit("broker", OSError("no memory"))) as keeper:
        eventually(lambda: is_in(keeper, UnitState.RUNNING))

        assert keeper.status.restarts == 1
        assert keeper.status.problem == ""


def test_a_unit_that_can_never_start_says_so() -> None:
    missing = ConfigurationError("RabbitMQ is not installed: run make setup")
    with kept(FakeUnit("broker", *[missing] * 100)) as keeper:
        eventually(lambda: keeper.status.fatal)

        assert keeper.status.problem == str(missing)


def test_without_restart_a_unit_that_ends_stays_down_until_it_is_resumed() -> None:
    unit = FakeUnit()
    with kept(unit, restart=False) as keeper:
        eventually(lambda: is_in(keeper, UnitState.RUNNING))
        unit.end()
        eventually(lambda: is_in(keeper, UnitState.ENDED))
        assert unit.starts == 1

        keeper.resume()

        eventually(lambda: is_in(keeper, UnitState.RUNNING))


def test_a_halted_unit_stays_down_until_it_is_resumed() -> None:
    unit = FakeUnit()
    with kept(unit) as keeper:
        eventually(lambda: is_in(keeper, UnitState.RUNNING))

        keeper.halt(patience=3)

        assert keeper.status.state is UnitState.HALTED
        assert keeper.status.pid is None
        assert unit.stops == [3]

        keeper.resume()
        eventually(lambda: keeper.status.pid == 1002)
        assert keeper.status.restarts == 0


def test_closing_stops_the_unit_with_the_given_patience() -> None:
    unit = FakeUnit()
    with kept(unit) as keeper:
        eventually(lambda: is_in(keeper, UnitState.RUNNING))

    assert unit.stops == [1]
    assert unit.pid is None


def test_a_unit_can_be_closed_while_it_waits_to_be_started_again() -> None:
    with kept(FakeUnit("broker", *[OSError("no memory")] * 100)) as keeper:
        eventually(lambda: keeper.status.restarts >= 2)
