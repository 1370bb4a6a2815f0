"""What a run does follows from its seed."""

from itertools import pairwise
from pathlib import Path
from random import Random

from tests.chaos.checks.expectations import expectation
from tests.chaos.faults.schedule import FAULTS, schedule
from tests.chaos.faults.system import Order
from tests.chaos.load.ask import Ask
from tests.chaos.load.mix import draw_some
from tests.chaos.plan import ChaosPlan

PROGRAMS = ["chaos-worker", "relay", "recorder", "gateway"]
LINKS = ["relay>postgres", "relay>rabbitmq", "client>gateway"]


def orders(seed: int, *, seconds: float = 600, disk: int = 0) -> list[Order]:
    plan = ChaosPlan(seed=seed, seconds=seconds, root=Path("/nowhere"), artifact_disk=disk)
    return schedule(plan, PROGRAMS, ["rabbitmq", "postgres"], LINKS)


def test_the_same_seed_gives_the_same_faults_and_another_gives_others() -> None:
    assert orders(7) == orders(7)
    assert orders(7) != orders(8)


def test_a_long_run_has_faults_of_every_kind() -> None:
    assert {order.kind for order in orders(7, seconds=6000, disk=1)} == set(FAULTS)


def test_no_disk_of_its_own_is_never_filled() -> None:
    assert "fill-disk" not in {order.kind for order in orders(7, seconds=6000)}


def test_storms_are_separated_by_calm() -> None:
    moments = [order.at for order in orders(7)]

    assert all(moment % 40 < 25 for moment in moments)
    assert max(later - earlier for earlier, later in pairwise(moments)) >= 15


def test_it_is_known_what_every_job_of_the_mix_must_end_in() -> None:
    random = Random(7)

    for _ in range(1000):
        for ask in draw_some(random, bursts=0.0):
            items = [ask] if isinstance(ask, Ask) else ask.items
            ends = {expectation(item.kind, item.payload).state for item in items}
            assert ends <= {"succeeded", "failed"}


def test_where_nothing_is_to_be_disturbed_nothing_is() -> None:
    plan = ChaosPlan(seed=7, seconds=600, root=Path("/nowhere"), only="-")

    assert schedule(plan, PROGRAMS, ["rabbitmq", "postgres"], LINKS) == []
