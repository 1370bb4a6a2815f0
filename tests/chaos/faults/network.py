"""Wires that are cut, that say nothing, and that are slow."""

from collections.abc import Callable
from random import Random

from tests.chaos.faults.system import Order, System


def cut(system: System, order: Order) -> None:
    """Reset the connections of a link and refuse new ones for a while."""
    _disturb(system, order, system.links.named(order.target).cut)


def stall(system: System, order: Order) -> None:
    """Let nothing through for a while, without a word."""
    _disturb(system, order, system.links.named(order.target).stall)


def lose_answers(system: System, order: Order) -> None:
    """Let questions through and no answers, then reset: who asked cannot know what was done."""
    link = system.links.named(order.target)
    link.silence()
    try:
        system.over.wait(order.seconds)
        link.cut()
    finally:
        link.calm()


def delay(system: System, order: Order) -> None:
    """Hold up every piece of data for a while."""
    by = Random(f"{system.plan.seed} delay {order.number}").uniform(0.05, 0.4)
    link = system.links.named(order.target)
    _disturb(system, order, lambda: link.delay(by))


def _disturb(system: System, order: Order, hurt: Callable[[], None]) -> None:
    hurt()
    try:
        system.over.wait(order.seconds)
    finally:
        system.links.named(order.target).calm()
