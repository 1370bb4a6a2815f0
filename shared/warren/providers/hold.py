"""A time in which nobody calls a provider."""

from dataclasses import dataclass
from typing import Literal

#: Seconds; processes that start later learn of holds for as long as the stream of orders keeps
#: them, so that no hold may last longer.
LONGEST_HOLD = 7 * 86_400.0

Reason = Literal["asked", "failing"]


@dataclass(frozen=True, slots=True)
class Hold:
    """`provider` is left alone for `seconds` from now: it asked for that, or fails all the time."""

    provider: str
    reason: Reason
    seconds: float
