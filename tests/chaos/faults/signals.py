"""Processes that die at once, and processes that stand still."""

import os
import signal
import time

import psutil
import psycopg

from tests.chaos.faults.system import Order, System
from warren.stack.keeper import UnitState
from warren.stack.plan import BROKER, DATABASE

_RETURN_TIMEOUT = 40.0
_POLL = 0.05
#: Seconds of load that is published and not confirmed.
_UNCONFIRMED = 0.5
_CATCH_TIMEOUT = 8.0
_OPEN = """
SELECT pid, state_change FROM pg_stat_activity
WHERE application_name = %s AND state LIKE 'idle in transaction%%'
"""


def kill(system: System, order: Order) -> None:
    """SIGKILL the process alone; whatever started it has to notice. Ends when it is back."""
    pid = system.stack.pid(order.target)
    if pid is None:
        return
    _send(pid, signal.SIGKILL)
    _wait_for_another(system, order.target, pid)


def kill_at_once(system: System, order: Order) -> None:
    """SIGKILL the process with all its children. Ends when it is back."""
    pid = system.stack.pid(order.target)
    if pid is None:
        return
    system.stack.kill(order.target)
    _wait_for_another(system, order.target, pid)


def kill_slot(system: System, order: Order) -> None:
    """SIGKILL one of a worker's slot processes, as the kernel does when memory runs out."""
    pid = system.stack.pid(order.target)
    slots = [child for child in _children(pid) if _is_slot(child)] if pid else []
    if slots:
        slot = slots[order.number % len(slots)]
        system.journal.write(event="slot", pid=slot.pid, mono=time.monotonic())
        _send(slot.pid, signal.SIGKILL)


def terminate(system: System, order: Order) -> None:
    """SIGTERM, as a deployment does: nothing that runs may be cut short. Ends when it is back."""
    pid = system.stack.pid(order.target)
    if pid is None:
        return
    _send(pid, signal.SIGTERM)
    _wait_for_another(system, order.target, pid)


def freeze(system: System, order: Order) -> None:
    """SIGSTOP the process and its children for a while."""
    pid = system.stack.pid(order.target)
    if pid is None:
        return
    frozen = _family(pid) if order.target == DATABASE else [pid]
    by_group = order.target not in system.servers
    for member in frozen:
        _send(member, signal.SIGSTOP, group=by_group)
    try:
        system.over.wait(order.seconds)
    finally:
        for member in reversed(frozen):
            _send(member, signal.SIGCONT, group=by_group)


def kill_unconfirmed(system: System, order: Order) -> None:
    """SIGKILL a process that has published and hears no confirm any more. Ends when it is back."""
    link = system.links.named(f"{order.target}>{BROKER}")
    link.silence()
    try:
        system.over.wait(_UNCONFIRMED)
        kill(system, order)
    finally:
        link.calm()


def freeze_in_transaction(system: System, order: Order) -> None:
    """SIGSTOP a process at a moment when it has a transaction open; see `freeze`.

    Tried again and again for a while, as such moments are short.
    """
    pid = system.stack.pid(order.target)
    if pid is None:
        return
    deadline = time.monotonic() + _CATCH_TIMEOUT
    try:
        while time.monotonic() < deadline and not system.over.is_set():
            _send(pid, signal.SIGSTOP, group=True)
            if _is_in_transaction(system, order.target):
                system.journal.write(event="caught", number=order.number, mono=time.monotonic())
                system.over.wait(order.seconds)
                return
            _send(pid, signal.SIGCONT, group=True)
            system.over.wait(_POLL / 5)
    finally:
        _send(pid, signal.SIGCONT, group=True)


def _is_in_transaction(system: System, name: str) -> bool:
    """Whether a session of such a process has stood still within its transaction for two looks."""
    session = f"warren-{name.partition('-')[0]}"
    url = system.stack.descriptor.database_url
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            first = set(connection.execute(_OPEN, [session]).fetchall())
            system.over.wait(_POLL)
            return bool(first & set(connection.execute(_OPEN, [session]).fetchall()))
    except psycopg.Error:
        return False


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


def _send(pid: int, number: signal.Signals, *, group: bool = False) -> None:
    try:
        (os.killpg if group else os.kill)(pid, number)
    except ProcessLookupError:
        return


def _is_another(system: System, name: str, pid: int) -> bool:
    """Whether it was started again; of a server, whether it answers."""
    (status,) = [status for status in system.stack.statuses() if status.name == name]
    return status.state is UnitState.RUNNING and status.pid not in {None, pid}


def _wait_for_another(system: System, name: str, pid: int) -> None:
    deadline = time.monotonic() + _RETURN_TIMEOUT
    while time.monotonic() < deadline and not system.over.is_set():
        if _is_another(system, name, pid):
            return
        system.over.wait(_POLL)
