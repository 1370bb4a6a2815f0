"""What clients ask for: kinds with weights, and arguments drawn from the seed."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

Arguments = Callable[[Random], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Ask:
    """One submission as a client means it; `delay` in seconds."""

    kind: str
    payload: dict[str, Any]
    lane: str | None = None
    delay: float | None = None


def _nothing(random: Random) -> dict[str, Any]:
    return {}


def _file(random: Random) -> dict[str, Any]:
    return {"size": random.choice([1, 1000, 70_000, 400_000])}


_MIX: dict[str, tuple[int, Arguments]] = {
    "chaos.quick": (36, _nothing),
    "chaos.sleep": (14, lambda random: {"seconds": round(0.05 + 2 * random.random() ** 3, 3)}),
    "chaos.long": (4, lambda random: {"seconds": round(random.uniform(1, 4), 2)}),
    "chaos.flaky": (12, lambda random: {"failures": random.randint(1, 3)}),
    "chaos.fail": (7, _nothing),
    "chaos.permanent": (4, _nothing),
    "chaos.rejected": (4, _nothing),
    "chaos.waiting": (5, lambda random: {"times": random.randint(1, 2)}),
    "chaos.overrun": (1, _nothing),
    "chaos.file": (9, _file),
    "chaos.file_apart": (4, _file),
}
_LOW_LANE, _DELAYED = 0.2, 0.1
_BURST = 0.01


def draw_some(random: Random) -> list[Ask]:
    """The next things a client wants: one, or now and then many quick ones at once."""
    if random.random() < _BURST:
        return [Ask("chaos.quick", {}) for _ in range(random.randint(20, 80))]
    return [draw(random)]


def draw(random: Random) -> Ask:
    """The next thing a client wants."""
    kind = random.choices(list(_MIX), [weight for weight, _ in _MIX.values()])[0]
    return Ask(
        kind,
        _MIX[kind][1](random),
        lane="low" if random.random() < _LOW_LANE else None,
        delay=round(random.uniform(0.2, 5), 2) if random.random() < _DELAYED else None,
    )
