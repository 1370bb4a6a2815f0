"""Jobs of the sample service, run in slots."""

from pathlib import Path

import psutil

from warren.contracts.ids import new_id
from warren.worker.cancel_signal import CancelSignal
from warren.worker.job_run import Run
from warren.worker.slot_pool import SlotPool
from warren.worker.slot_process import SlotTerms
from warren.worker.verdict import Success
from warren.worker.wear import WearLimits

SAMPLES = Path(__file__).parent / "slot_samples"
NO_LIMIT = 60.0
KINDS = ("slots.act", "slots.limited")
TERMS = SlotTerms({(kind, 1): WearLimits() for kind in KINDS})


def slot_run(what: str, number: int = 0, kind: str = KINDS[0]) -> Run:
    payload = {"what": what, "number": number}
    return Run(new_id(), new_id(), 1, 1, 1, new_id(), kind, 1, payload, repeated=False)


def act(pool: SlotPool, what: str, number: int = 0, limit: float = NO_LIMIT) -> Success:
    return pool.run(slot_run(what, number), limit, lambda _progress: None, CancelSignal())


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
