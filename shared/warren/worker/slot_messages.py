"""What a slot process says to its parent, besides Progress, Success and Failure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SlotReady:
    """Models are loaded; jobs may come."""


@dataclass(frozen=True, slots=True)
class SlotNotStarted:
    """The service could not be loaded; the slot is about to exit."""

    reason: str
