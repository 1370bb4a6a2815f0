"""How much the bodies of bulks may take."""

from uuid import uuid4

import pytest

from gateway.catalogue.spool_room import SpoolRoom
from gateway.problems import SpoolFull


def test_one_customer_may_have_half_and_all_together_the_whole() -> None:
    room, first, second, third = SpoolRoom(100), uuid4(), uuid4(), uuid4()
    with room.spooling(first) as one, room.spooling(first) as two, room.spooling(second) as three:
        one.grow(30)
        with pytest.raises(SpoolFull, match="yours"):
            two.grow(21)
        two.grow(20)
        three.grow(45)
        with room.spooling(third) as four, pytest.raises(SpoolFull, match="too many"):
            four.grow(6)


def test_room_is_given_back_when_a_body_ends() -> None:
    room, customer = SpoolRoom(100), uuid4()
    for _ in range(3):
        with room.spooling(customer) as body:
            body.grow(50)
            with pytest.raises(SpoolFull):
                body.grow(1)
