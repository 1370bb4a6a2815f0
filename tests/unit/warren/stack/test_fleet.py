import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from warren.errors import ConfigurationError
from warren.stack.errors import NoSuchProcess, StackDidNotStart
from warren.stack.fleet import Fleet
from warren.stack.keeper import UnitState
from warren.testing.deadline import eventually
from warren.testing.fake_unit import FakeUnit


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    fleet = Fleet(restart=True, report=lambda line: None, changed=lambda: None, first_delay=0.02)
    yield fleet
    fleet.close([status.name for status in fleet.statuses()], patience=1)


def soon() -> float:
    return time.monotonic() + 5


def test_waiting_ends_when_all_named_units_run(fleet: Fleet) -> None:
    fleet.begin([FakeUnit("relay"), FakeUnit("recorder")])

    fleet.wait_until_running(["relay", "recorder"], soon())

    assert [status.name for status in fleet.statuses()] == ["relay", "recorder"]


def test_a_unit_that_never_runs_fails_the_start_with_the_end_of_its_log(
    fleet: Fleet, tmp_path: Path
) -> None:
    # Given a unit that ends whenever it is started, and says why in its log
    unit = FakeUnit("relay", *[OSError("no memory")] * 100)
    unit.log = tmp_path / "relay.log"
    unit.log.write_text("one\ntwo\nthe broker refuses the password\n")

    fleet.begin([unit])

    with pytest.raises(StackDidNotStart, match=r"(?s)relay does not start.*refuses the password"):
        fleet.wait_until_running(["relay"], soon())


def test_a_wrong_configuration_fails_the_start_with_its_own_words(fleet: Fleet) -> None:
    missing = ConfigurationError("RabbitMQ is not installed: run make setup")
    fleet.begin([FakeUnit("rabbitmq", *[missing] * 100)])

    with pytest.raises(ConfigurationError, match=r"^RabbitMQ is not installed: run make setup$"):
        fleet.wait_until_running(["rabbitmq"], soon())


def test_a_late_unit_is_named(fleet: Fleet) -> None:
    fleet.begin([FakeUnit("relay")])
    fleet.wait_until_running(["relay"], soon())
    fleet.keeper("relay").halt(patience=1)

    with pytest.raises(StackDidNotStart, match="relay did not start in time"):
        fleet.wait_until_running(["relay"], time.monotonic() - 1)


def test_an_unknown_name_is_answered_with_those_that_exist(fleet: Fleet) -> None:
    fleet.begin([FakeUnit("relay"), FakeUnit("recorder")])

    with pytest.raises(NoSuchProcess, match="no process 'gateway' here, only relay, recorder"):
        fleet.keeper("gateway")


def test_closing_a_group_leaves_the_others_alone(fleet: Fleet) -> None:
    worker, gateway = FakeUnit("worker"), FakeUnit("gateway")
    fleet.begin([worker, gateway])
    fleet.wait_until_running(["worker", "gateway"], soon())

    fleet.close(["worker", "nobody"], patience=1)

    assert worker.pid is None
    assert fleet.keeper("gateway").status.state is UnitState.RUNNING


def test_what_a_unit_went_through_earlier_does_not_count(fleet: Fleet) -> None:
    # Given a unit that was started again many times while nobody waited for it
    unit = FakeUnit("relay", *[OSError("no memory")] * 4)
    fleet.begin([unit])
    eventually(lambda: fleet.keeper("relay").status.pid)
    fleet.keeper("relay").halt(patience=1)
    assert fleet.keeper("relay").status.restarts == 4

    # When it is resumed, it is waited for as any other
    fleet.keeper("relay").resume()
    fleet.wait_until_running(["relay"], soon())
