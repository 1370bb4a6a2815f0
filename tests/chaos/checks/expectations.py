"""What each kind of job must end in, whatever was done to the system."""

from dataclasses import dataclass
from typing import Any

ATTEMPTS = {
    "chaos.fail": 3, "chaos.overrun": 2, "chaos.file": 6, "chaos.file_apart": 6, "chaos.brief": 6,
}  # fmt: skip
#: Results and files of the last one are kept for no time.
BRIEF = "chaos.brief"
SAVES_FILE = frozenset({"chaos.file", "chaos.file_apart", BRIEF})
_USUAL_ATTEMPTS = 4
#: Per second and key, and how many at once.
RATE, BURST = 4.0, 3
LIMITED, ALONE, EFFECT = "chaos.limited", "chaos.alone", "chaos.effect"
POISON, POISON_APART, NEWEST = "chaos.poison", "chaos.poison_apart", "chaos.newest"
URGENT = "chaos.urgent"
_SUCCEEDS = frozenset({
    "chaos.quick", "chaos.sleep", "chaos.read", "chaos.long", "chaos.patient", "chaos.deaf",
    LIMITED, ALONE, NEWEST, URGENT, "chaos.heard", "chaos.heard_whole", "chaos.joined",
    *SAVES_FILE,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expectation:
    """The end of a generation: its state, and how many outcomes of each type its history has."""

    state: str
    source: str | None = None
    retries: int = 0
    waits: int = 0

    @property
    def last_attempt(self) -> int:
        """The attempt that ends the task."""
        return self.retries + 1


#: What those that end as they are told end in.
_TOLD = {
    "well": Expectation("succeeded"),
    "flaky": Expectation("succeeded", retries=1),
    "reject": Expectation("failed", "rejected"),
    "break": Expectation("failed", "permanent"),
}
#: How many effects a success has; kinds that are left out have none.
_ONE_EFFECT = frozenset({"chaos.part", "chaos.heard", "chaos.heard_whole", "chaos.joined"})
_FAILS = {
    "chaos.rejected": Expectation("failed", "rejected"),
    POISON: Expectation("failed", "crashed"),
    POISON_APART: Expectation("failed", "crashed"),
    **{
        kind: Expectation("failed", "exhausted", retries=ATTEMPTS[kind] - 1)
        for kind in ("chaos.fail", "chaos.overrun")
    },
}


def expectation(kind: str, payload: dict[str, Any], generation: int = 1) -> Expectation:
    """How a job of this kind and with this payload ends; raises KeyError for an unknown kind."""
    if kind in _SUCCEEDS:
        return Expectation("succeeded")
    match kind:
        case "chaos.permanent":
            cured = 0 < payload.get("cured_in", 0) <= generation
            return Expectation("succeeded") if cured else Expectation("failed", "permanent")
        case "chaos.flaky" | "chaos.effect" | "chaos.parent" | "chaos.batch":
            return Expectation("succeeded", retries=payload["failures"])
        case "chaos.waiting":
            return Expectation("succeeded", waits=payload["times"])
        case "chaos.part" | "chaos.fact":
            return _TOLD[payload["fate"]]
    return _FAILS[kind]


def attempts_allowed(kind: str) -> int:
    """The budget of a kind: the first attempt and its retries."""
    return ATTEMPTS.get(kind, _USUAL_ATTEMPTS)


def effects_of(kind: str, payload: dict[str, Any]) -> int:
    """How many writes to the sink outside a success has made."""
    if kind == EFFECT:
        return int(payload["steps"])
    return int(kind in _ONE_EFFECT)
