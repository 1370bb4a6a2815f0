"""Processes that are caught amid a transaction, to stand still there or to die of it.

Such moments are short: the process is stopped again and again, until one is met.
"""

import signal
import time

import psycopg

from tests.chaos.faults.signals import send, wait_for_another
from tests.chaos.faults.system import Order, System

_POLL = 0.05
_TIMEOUT = 8.0
#: Of the housekeeper: what its jobs call their sessions.
_JOB = "warren-housekeeper-job"
_OPEN = """
SELECT pid, state_change FROM pg_stat_activity
WHERE application_name = %s AND state LIKE 'idle in transaction%%'
"""


def freeze_in_transaction(system: System, order: Order) -> None:
    """SIGSTOP a process at a moment when it has a transaction open, for a while."""
    _freeze(system, order, f"warren-{order.target.partition('-')[0]}")


def freeze_at_work(system: System, order: Order) -> None:
    """SIGSTOP a housekeeper amid a transaction of one of its jobs, for a while."""
    _freeze(system, order, _JOB)


def kill_at_work(system: System, order: Order) -> None:
    """SIGKILL a housekeeper amid a transaction of one of its jobs. Ends when it is back."""
    pid = system.stack.pid(order.target)
    if pid is None:
        return
    try:
        if not _catch(system, order, pid, _JOB):
            return
        send(pid, signal.SIGKILL)
    finally:
        send(pid, signal.SIGCONT, group=True)
    wait_for_another(system, order.target, pid)


def _freeze(system: System, order: Order, session: str) -> None:
    pid = system.stack.pid(order.target)
    if pid is None:
        return
    try:
        if _catch(system, order, pid, session):
            system.over.wait(order.seconds)
    finally:
        send(pid, signal.SIGCONT, group=True)


def _catch(system: System, order: Order, pid: int, session: str) -> bool:
    """Stop a process where a session of that name has a transaction open; False if none was met.

    Leaves it stopped if that succeeds.
    """
    deadline = time.monotonic() + _TIMEOUT
    while time.monotonic() < deadline and not system.over.is_set():
        send(pid, signal.SIGSTOP, group=True)
        if _is_in_transaction(system, session):
            system.journal.write(event="caught", number=order.number, mono=time.monotonic())
            return True
        send(pid, signal.SIGCONT, group=True)
        system.over.wait(_POLL / 5)
    return False


def _is_in_transaction(system: System, session: str) -> bool:
    """Whether such a session has stood still within its transaction for two looks."""
    url = system.stack.descriptor.database_url
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            first = set(connection.execute(_OPEN, [session]).fetchall())
            system.over.wait(_POLL)
            return bool(first & set(connection.execute(_OPEN, [session]).fetchall()))
    except psycopg.Error:
        return False
