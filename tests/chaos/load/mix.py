"""What clients ask for: kinds with weights, and arguments drawn from the seed."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from tests.chaos.load.ask import AnyAsk, Ask, AskBatch, AskTogether

Arguments = Callable[[Random], dict[str, Any]]
#: Contents that several tasks save, and the share of the files that are such.
SHARED_FILES = ("r", "s", "t")
_SHARED, _SHARED_SIZE = 0.3, 5000


def _nothing(random: Random) -> dict[str, Any]:
    return {}


def _file(random: Random) -> dict[str, Any]:
    if random.random() < _SHARED:
        return {"size": _SHARED_SIZE, "of": random.choice(SHARED_FILES)}
    return {"size": random.choice([1, 1000, 70_000, 400_000])}


def _seconds(least: float, most: float) -> Arguments:
    return lambda random: {"seconds": round(random.uniform(least, most), 2)}


def _key(random: Random) -> dict[str, Any]:
    return {"key": random.choice("abc")}


def _alone(random: Random) -> dict[str, Any]:
    return {**_key(random), "seconds": round(random.uniform(0.05, 0.5), 2)}


def _effect(random: Random) -> dict[str, Any]:
    seconds = round(random.uniform(0, 2), 2)
    return {"steps": random.randint(1, 4), "failures": random.choice([0, 0, 1]), "seconds": seconds}


def _fates(most: int) -> Callable[[Random], list[str]]:
    return lambda random: random.choices(
        ["well", "flaky", "reject", "break"], [6, 2, 1, 1], k=random.randint(1, most)
    )


def _family(most: int) -> Arguments:
    return lambda random: {
        "fates": _fates(most)(random),
        "failures": random.choice([0, 0, 0, 1]),
        "seconds": random.choice([0, 0, 0.4]),
    }


def _part(random: Random) -> dict[str, Any]:
    return {"fate": _fates(1)(random)[0], "seconds": round(random.uniform(0, 0.5), 2)}


def _fact(random: Random) -> dict[str, Any]:
    return {"facts": random.randint(1, 2), "fate": _fates(1)(random)[0]}


_MIX: dict[str, tuple[float, Arguments]] = {
    "chaos.quick": (28, _nothing),
    "chaos.urgent": (6, _nothing),
    "chaos.sleep": (12, lambda random: {"seconds": round(0.05 + 2 * random.random() ** 3, 3)}),
    "chaos.long": (3, _seconds(1, 4)),
    "chaos.flaky": (10, lambda random: {"failures": random.randint(1, 3)}),
    "chaos.fail": (5, _nothing),
    "chaos.permanent": (4, lambda random: {"cured_in": random.choice([0, 2, 3])}),
    "chaos.rejected": (3, _nothing),
    "chaos.waiting": (4, lambda random: {"times": random.randint(1, 2)}),
    "chaos.overrun": (0.7, _nothing),
    "chaos.file": (7, _file),
    "chaos.file_apart": (3, _file),
    "chaos.brief": (5, _file),
    "chaos.effect": (7, _effect),
    "chaos.patient": (2.5, _seconds(0.5, 8)),
    "chaos.deaf": (1.5, _seconds(1, 8)),
    "chaos.limited": (8, _key),
    "chaos.alone": (4, _alone),
    "chaos.newest": (2, _nothing),
    "chaos.poison": (0.25, _nothing),
    "chaos.poison_apart": (0.5, _nothing),
    "chaos.parent": (4, _family(5)),
    "chaos.part": (2, _part),
    "chaos.fact": (5, _fact),
    "chaos.batch": (3, _family(8)),
    # Many in one request; their arguments are those of their items.
    "together": (1, _nothing),
    "api.batch": (3, _nothing),
}
KINDS = frozenset(_MIX)
_OF_MANY = frozenset({"together", "api.batch"})
USERS = ("ann", "ben", "cyd")
#: What requests of many consist of.
_MEMBERS = frozenset({
    "chaos.part", "chaos.quick", "chaos.flaky", "chaos.permanent", "chaos.effect", "chaos.patient",
    "chaos.file", "chaos.fact",
})  # fmt: skip
_FEW = 5
_LONG = 10.0
_CALLED_BACK, _IN_PARTS, _BATCHES_CANCELLED, _BATCHES_AGAIN = 0.9, 0.4, 0.3, 0.4
_LOW_LANE, _DELAYED, _EXPIRING, _UNIQUE, _KEYED = 0.15, 0.1, 0.06, 0.04, 0.15
_OFTEN_CANCELLED = frozenset({
    "chaos.effect", "chaos.patient", "chaos.deaf", "chaos.alone", "chaos.parent", "chaos.batch",
    "chaos.brief",
})  # fmt: skip
_MAY_FAIL = frozenset({
    "chaos.fail", "chaos.permanent", "chaos.rejected", "chaos.newest", "chaos.part", "chaos.fact",
})  # fmt: skip


def draw_some(random: Random, bursts: float, kinds: Collection[str] = KINDS) -> Sequence[AnyAsk]:
    """The next things a client wants: one, or now and then (a share of `bursts`) many at once."""
    if random.random() >= bursts:
        kind = _kind(random, kinds)
        return [_many(kind, random) if kind in _OF_MANY else draw(kind, random)]
    match random.choice(["quick", "limited", "low"]):
        case "limited":
            ask = Ask("chaos.limited", _key(random))
            return [ask] * random.randint(10, 25)
        case "low":
            # Many low ones, and urgent ones that must not wait for them.
            # Short ones take the slots that are kept free of low ones, long ones do not.
            low = Ask("chaos.sleep", {"seconds": random.choice([0.2, 0.8])}, lane="low")
            return [low] * random.randint(30, 70) + [Ask("chaos.urgent", {})] * 5
        case _:
            return [Ask("chaos.quick", {})] * random.randint(20, 60)


def draw(kind: str, random: Random) -> Ask:
    """The next thing of this kind that a client wants."""
    ask = Ask(kind, _MIX[kind][1](random), keyed=random.random() < _KEYED)
    ask = replace(ask, user=random.choice(USERS))
    if kind != "chaos.urgent" and random.random() < _LOW_LANE:
        ask = replace(ask, lane="low")
    if random.random() < _DELAYED:
        ask = replace(ask, delay=round(random.uniform(0.2, 5), 2))
    if random.random() < _EXPIRING:
        # Some can only come too late.
        expires_in = random.choice([0.3, 1.5, 60])
        delay = random.choice([None, round(expires_in + random.uniform(2, 4), 2)])
        ask = replace(ask, expires_in=expires_in, delay=delay if expires_in < _LONG else None)
    if kind == "chaos.sleep" and random.random() < 4 * _UNIQUE:
        ask = replace(ask, unique_key=random.choice("uvw"))
    return _with_afterwards(ask, random)


def _kind(random: Random, kinds: Collection[str]) -> str:
    """A few of them are equally frequent."""
    chosen = [kind for kind in _MIX if kind in kinds]
    weights = [_MIX[kind][0] if len(chosen) > _FEW else 1 for kind in chosen]
    return random.choices(chosen, weights)[0]


def _many(kind: str, random: Random) -> AskTogether | AskBatch:
    items = tuple(draw(_kind(random, _MEMBERS), random) for _ in range(random.randint(1, 8)))
    keyed = random.random() < 2 * _KEYED
    if kind == "together":
        return AskTogether(items, keyed)
    label = f"{random.getrandbits(40):x}" if random.random() < _CALLED_BACK else None
    first = random.randint(1, len(items)) if random.random() < _IN_PARTS else len(items)
    most = random.choice([0.3, 3.0, 15.0])
    cancelled = random.random() < _BATCHES_CANCELLED
    return AskBatch(
        items, first, label, keyed,
        cancel_after=round(random.uniform(0, most), 2) if cancelled else None,
        retry_after=round(random.uniform(2, 20), 2) if random.random() < _BATCHES_AGAIN else None,
    )  # fmt: skip


def _with_afterwards(ask: Ask, random: Random) -> Ask:
    cancelled = random.random() < (0.4 if ask.kind in _OFTEN_CANCELLED else 0.06)
    if cancelled:
        # At once, while it runs, or when it has long ended.
        most = random.choice([0.0, 0.3, 3.0, 15.0])
        ask = replace(ask, cancel_after=round(random.uniform(0, most), 2))
    again = random.random() < (0.4 if cancelled or ask.kind in _MAY_FAIL else 0.05)
    if again and ask.kind not in {"chaos.poison", "chaos.poison_apart"}:
        ask = replace(ask, retry_after=round(random.uniform(1, 20), 2))
    return ask
