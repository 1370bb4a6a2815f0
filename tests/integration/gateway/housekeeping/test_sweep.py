"""A sweep that is asked for repairs what the housekeeper's own would."""

import pytest

from gateway.housekeeping.repeating import sweeping
from gateway.housekeeping.repeating.sweeping import Sweep, SweepWorker
from tests.integration.gateway.housekeeping.conftest import House
from warren.contracts.ids import new_id
from warren.testing.worker import FakeContext

pytestmark = [pytest.mark.postgres, pytest.mark.rabbitmq]


def test_it_looks_for_as_long_as_it_takes_and_deletes_custody_of_no_task(
    house: House, amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given custody that nothing explains, and a sweeper that is soon sure
    monkeypatch.setenv("WARREN_AMQP_URL", amqp_url)
    monkeypatch.setenv("WARREN_SWEEP_AGE", "1")
    monkeypatch.setattr(sweeping, "_PAUSE", 0.2)
    house.database.ask(
        "INSERT INTO in_flight (task_id, generation, dispatch, queue)"
        " VALUES (%s, 1, 1, 'test.default')",
        new_id(),
    )

    report = SweepWorker().perform(Sweep(), FakeContext())

    assert report.model_dump() == {"reissued": 0, "failed": 0, "cancelled": 0, "orphans": 1}
    assert house.database.count("in_flight") == 0
