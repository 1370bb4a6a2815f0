"""Which lane a task goes to."""

import pytest

from gateway.authentication import Caller
from gateway.problems import LaneNotAllowed
from gateway.tasks.routing import choose_lane
from warren.contracts.ids import new_id
from warren.contracts.kinds import KindDefinition
from warren.contracts.lanes import Lane


def _caller(plan: str) -> Caller:
    return Caller(customer_id=new_id(), plan=plan, actor="key:x", scopes=frozenset())


@pytest.mark.parametrize(
    ("plan", "kind_lane", "wanted", "lane"),
    [
        ("standard", Lane.DEFAULT, None, Lane.DEFAULT),
        ("standard", Lane.LOW, None, Lane.LOW),
        ("standard", Lane.CRITICAL, None, Lane.CRITICAL),
        ("standard", Lane.DEFAULT, Lane.LOW, Lane.LOW),
        ("standard", Lane.LOW, Lane.DEFAULT, Lane.DEFAULT),
        ("premium", Lane.DEFAULT, None, Lane.CRITICAL),
        ("premium", Lane.LOW, None, Lane.LOW),
        ("premium", Lane.DEFAULT, Lane.LOW, Lane.LOW),
        ("premium", Lane.LOW, Lane.CRITICAL, Lane.CRITICAL),
    ],
)
def test_the_lane_follows_from_kind_wish_and_plan(
    plan: str, kind_lane: Lane, wanted: Lane | None, lane: Lane
) -> None:
    kind = KindDefinition(kind="a.b", version=1, service="a", lane=kind_lane, payload_schema={})
    assert choose_lane(kind, wanted, _caller(plan)) is lane


def test_critical_is_refused_to_standard_customers() -> None:
    kind = KindDefinition(kind="a.b", version=1, service="a", payload_schema={})
    with pytest.raises(LaneNotAllowed):
        choose_lane(kind, Lane.CRITICAL, _caller("standard"))
