"""Processes that die at once, and processes that stand still."""

import os
import signal
import time

import psutil

from tests.chaos.faults.system import Order, System
from warren.stack.keeper import UnitState
from warren.stack.plan import BROKER, DATABASE

_RETURN_TIMEOUT = 40.0
_POLL = 0.05
#: Seconds of load that is published and not confirmed.
_UNCONFIRMED = 0.5


def kill(system: System, order: Order) -> None:
    """SIGKILL the process alone; whatever started it has to notice. Ends when it is back."""
    pid = system.stack.pid(order.target)
    if pid is None:
        return
    send(pid, signal.SIGKILL)
    wait_for_another(system, order.target, pid)


def kill_at_once(system: System, order: Order) -> None:
    """SIGKILL the process with all its children. Ends when it is back."""
    pid = system.stack.pid(order.target)
    if pid is None:
        return
    system.stack.kill(order.target)
    wait_for_another(system, order.target, pid)


def kill_slot(system: System, order: Order) -> None:
    """SIGKILL one of a worker's slot processes, as the kernel does when memory runs out."""
    pid = system.stack.pid(order.target)
    slots = [child for child in _children(pid) if _is_slot(child)] if pid else []
    if slots:
        slot = slots[order.number % len(slots)]
        system.journal.write(event="slot", pid=slot.pid, mono=time.monotonic())
        send(slot.pid, signal.SIGKILL)


def terminate(system: System, order: Order) -> None:
    """SIGTERM, as a deployment does: nothing that runs may be cut short. Ends when it is back."""
    pid = system.stack.pid(order.target)
    if pid is None:
        return
    send(pid, signal.SIGTERM)
    wait_for_another(system, order.target, pid)


def freeze(system: System, order: Order) -> None:
    """SIGSTOP the process and its children for a while."""
    pid = system.stack.pid(order.target)
    if pid is None:
        return
    frozen = _family(pid) if order.target == DATABASE else [pid]
    by_group = order.target not in system.servers
    for member in frozen:
        send(member, signal.SIGSTOP, group=by_group)
    try:
        system.over.wait(order.seconds)
    finally:
        for member in reversed(frozen):
            send(member, signal.SIGCONT, group=by_group)


def kill_unconfirmed(system: System, order: Order) -> None:
    """SIGKILL a process that has published and hears no confirm any more. Ends when it is back."""
    link = system.links.named(f"{order.target}>{BROKER}")
    link.silence()
    try:
        system.over.wait(_UNCONFIRMED)
        kill(system, order)
    finally:
        link.calm()


def _family(pid: int) -> list[int]:
    return [pid, *(child.pid for child in _children(pid))]


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _is_slot(process: psutil.Process) -> bool:
    try:
        return "warren.worker.slot" in process.cmdline()
    except psutil.Error:
        return False


def send(pid: int, number: signal.Signals, *, group: bool = False) -> None:
    """Send a signal to a process, or to its group; none to one that is gone."""
    try:
        (os.killpg if group else os.kill)(pid, number)
    except ProcessLookupError:
        return


def _is_another(system: System, name: str, pid: int) -> bool:
    """Whether it was started again; of a server, whether it answers."""
    (status,) = [status for status in system.stack.statuses() if status.name == name]
    return status.state is UnitState.RUNNING and status.pid not in {None, pid}


def wait_for_another(system: System, name: str, pid: int) -> None:
    """Until the process was started again, or the faults are over."""
    deadline = time.monotonic() + _RETURN_TIMEOUT
    while time.monotonic() < deadline and not system.over.is_set():
        if _is_another(system, name, pid):
            return
        system.over.wait(_POLL)
