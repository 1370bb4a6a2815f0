"""Which fault hits what, and when: drawn from the seed before the run begins."""

from collections.abc import Callable, Sequence
from random import Random

from tests.chaos.faults.catching import freeze_at_work, freeze_in_transaction, kill_at_work
from tests.chaos.faults.chatbot import CHATBOT_FAULTS, SWITCH, misbehave
from tests.chaos.faults.disk import fill
from tests.chaos.faults.duplicates import duplicate_jobs, duplicate_statuses
from tests.chaos.faults.garbage import publish_garbage
from tests.chaos.faults.network import cut, delay, lose_answers, stall
from tests.chaos.faults.servers import (
    block_publishers,
    cancel_statements,
    close_connections,
    end_sessions,
    purge,
    take_all_sessions,
)
from tests.chaos.faults.signals import (
    freeze,
    kill,
    kill_at_once,
    kill_slot,
    kill_unconfirmed,
    terminate,
)
from tests.chaos.faults.system import Order, System
from tests.chaos.plan import ChaosPlan

Fault = Callable[[System, Order], None]
ARTIFACT_DISK = "artifacts"
FAULTS: dict[str, Fault] = {
    "kill": kill,
    "kill-server": kill_at_once,
    "kill-postmaster": kill,
    "kill-slot": kill_slot,
    "kill-unconfirmed": kill_unconfirmed,
    "terminate": terminate,
    "freeze": freeze,
    "freeze-in-transaction": freeze_in_transaction,
    "freeze-at-work": freeze_at_work,
    "kill-at-work": kill_at_work,
    "freeze-server": freeze,
    "close-connections": close_connections,
    "block-publishers": block_publishers,
    "purge": purge,
    "end-sessions": end_sessions,
    "cancel-statements": cancel_statements,
    "take-all-sessions": take_all_sessions,
    "cut": cut,
    "lose-answers": lose_answers,
    "stall": stall,
    "delay": delay,
    "duplicate-jobs": duplicate_jobs,
    "duplicate-statuses": duplicate_statuses,
    "garbage": publish_garbage,
    "fill-disk": fill,
    **dict.fromkeys(CHATBOT_FAULTS, misbehave),
}
_WEIGHTS = {
    "kill": 30, "kill-server": 8, "kill-postmaster": 3, "terminate": 12, "freeze": 16,
    "freeze-server": 6, "cut": 14, "stall": 8, "delay": 6, "duplicate-jobs": 8,
    "duplicate-statuses": 6, "fill-disk": 4, "close-connections": 4, "block-publishers": 4,
    "end-sessions": 4, "cancel-statements": 4, "take-all-sessions": 4, "kill-slot": 6,
    "kill-unconfirmed": 8, "lose-answers": 8, "freeze-in-transaction": 6, "garbage": 5, "purge": 2,
    "freeze-at-work": 4, "kill-at-work": 6,
    **dict.fromkeys(CHATBOT_FAULTS, 4),
}  # fmt: skip
_OF_DATABASE = ("kill-postmaster", "end-sessions", "cancel-statements", "take-all-sessions")
_OF_BROKER = ("close-connections", "block-publishers", "purge")
#: What befalls whoever runs the system's own jobs, amid one.
HOUSEKEEPER = "housekeeper"
_AT_WORK = ("freeze-at-work", "kill-at-work")
#: Workers whose jobs run in processes of their own.
_WITH_SLOTS = ("chaos-worker", "tts-worker", "nlp-worker", "image-worker")
_MAY_BE_ENDLESS = frozenset({"freeze", "stall", "freeze-in-transaction", "freeze-at-work"})
_ENDLESS = 0.15
#: Before the first fault, so that there is something to disturb.
_WARM_UP = 3.0


def schedule(
    plan: ChaosPlan, programs: Sequence[str], servers: Sequence[str], links: Sequence[str]
) -> list[Order]:
    """All faults of a run in their order: storms of them, with calm in between."""
    random = Random(f"{plan.seed} faults")
    targets = {
        kind: [name for name in names if name.startswith(plan.only)]
        for kind, names in _targets(
            programs, servers, links, with_disk=plan.artifact_disk > 0
        ).items()
    }
    kinds = [kind for kind in plan.kinds or _WEIGHTS if targets[kind]]
    orders: list[Order] = []
    moment = _WARM_UP
    while kinds:
        moment = _after_calm(plan, moment + random.expovariate(1 / plan.fault_every))
        if moment >= plan.seconds:
            break
        kind = random.choices(kinds, [_WEIGHTS[k] for k in kinds])[0]
        kind = plan.first[len(orders)] if len(orders) < len(plan.first) else kind
        target = random.choice(targets[kind])
        seconds = _duration(plan, kind, target, random)
        orders.append(Order(len(orders) + 1, moment, kind, target, seconds))
    return orders


def _duration(plan: ChaosPlan, kind: str, target: str, random: Random) -> float:
    # Without the gateway there would be no load meanwhile.
    may_last = kind in _MAY_BE_ENDLESS and "gateway" not in target
    if plan.endless_freeze and may_last and random.random() < _ENDLESS:
        return plan.endless_freeze * random.uniform(0.8, 1)
    return plan.longest_freeze * random.uniform(0.1, 1) ** 2


def _targets(
    programs: Sequence[str], servers: Sequence[str], links: Sequence[str], *, with_disk: bool
) -> dict[str, list[str]]:
    return {
        **{kind: list(programs) for kind in ("kill", "terminate", "freeze")},
        **{kind: list(servers) for kind in ("kill-server", "freeze-server")},
        "kill-slot": [name for name in programs if name.startswith(_WITH_SLOTS)],
        **{kind: ["postgres"] for kind in _OF_DATABASE},
        **{kind: ["rabbitmq"] for kind in _OF_BROKER},
        **{kind: list(links) for kind in ("cut", "lose-answers", "stall", "delay")},
        "kill-unconfirmed": [
            name for name in programs if f"{name}>rabbitmq" in links and "gateway" not in name
        ],
        "freeze-in-transaction": [
            name for name in programs if name.startswith(("relay", "recorder", "housekeeper"))
        ],
        **{kind: [HOUSEKEEPER] if HOUSEKEEPER in programs else [] for kind in _AT_WORK},
        "garbage": ["garbage"],
        "duplicate-jobs": ["jobs"],
        "duplicate-statuses": ["statuses"],
        **dict.fromkeys(CHATBOT_FAULTS, [SWITCH] if "chatbot" in programs else []),
        "fill-disk": [ARTIFACT_DISK] if with_disk else [],
    }


def _after_calm(plan: ChaosPlan, moment: float) -> float:
    """The moment itself if it lies in a storm, else the begin of the next one."""
    cycle = plan.storm + plan.calm
    passed, within = divmod(moment, cycle)
    return moment if within < plan.storm else (passed + 1) * cycle
