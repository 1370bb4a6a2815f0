"""A line every few seconds, so that a long run can be watched."""

import threading
import time
from collections.abc import Callable

from tests.chaos.faults.runner import FaultRunner
from tests.chaos.faults.system import System
from tests.chaos.load.load import Load
from tests.chaos.rest import look

_INTERVAL = 5.0


def watch(system: System, load: Load, faults: FaultRunner, report: Callable[[str], None]) -> None:
    """Report until the time of the plan is over."""
    began = time.monotonic()
    descriptor = system.stack.descriptor
    while (elapsed := time.monotonic() - began) < system.plan.seconds:
        unrest = look(descriptor.database_url, descriptor.amqp_url)
        report(
            f"{elapsed:5.0f} s  accepted {load.accepted}, open {_text(unrest.tasks)},"
            f" outbox {_text(unrest.outbox)}, in flight {_text(unrest.in_flight)},"
            f" messages {_text(unrest.messages)}, faults {faults.done.total()}"
        )
        threading.Event().wait(min(_INTERVAL, max(0.0, system.plan.seconds - elapsed)))


def _text(number: int | None) -> str:
    return "?" if number is None else str(number)
