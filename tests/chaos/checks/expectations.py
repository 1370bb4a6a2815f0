"""What each kind of job must end in, whatever was done to the system."""

from dataclasses import dataclass
from typing import Any

ATTEMPTS = {"chaos.fail": 3, "chaos.overrun": 2, "chaos.file": 6, "chaos.file_apart": 6}
SAVES_FILE = frozenset({"chaos.file", "chaos.file_apart"})
_USUAL_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Expectation:
    """The end of a task: its state, and how many outcomes of each type its history has."""

    state: str
    source: str | None = None
    retries: int = 0
    waits: int = 0

    @property
    def last_attempt(self) -> int:
        """The attempt that ends the task."""
        return self.retries + 1


def expectation(kind: str, payload: dict[str, Any]) -> Expectation:
    """How a job of this kind and with this payload ends; raises KeyError for an unknown kind."""
    match kind:
        case "chaos.fail" | "chaos.overrun":
            return Expectation("failed", "exhausted", retries=ATTEMPTS[kind] - 1)
        case "chaos.permanent":
            return Expectation("failed", "permanent")
        case "chaos.rejected":
            return Expectation("failed", "rejected")
        case "chaos.flaky":
            return Expectation("succeeded", retries=payload["failures"])
        case "chaos.waiting":
            return Expectation("succeeded", waits=payload["times"])
        case "chaos.quick" | "chaos.sleep" | "chaos.long" | "chaos.file" | "chaos.file_apart":
            return Expectation("succeeded")
    raise KeyError(kind)


def attempts_allowed(kind: str) -> int:
    """The budget of a kind: the first attempt and its retries."""
    return ATTEMPTS.get(kind, _USUAL_ATTEMPTS)
