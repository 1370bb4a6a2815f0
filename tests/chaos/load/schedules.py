"""Schedules that a client makes at the begin and ends when the system has come to rest."""

import threading
import time

from tests.chaos.load.asking import Asker

_SCHEDULES = "/api/v1/schedules"
#: Each fires every minute, and makes up for what it has missed.
NAMES = ("schedule-1", "schedule-2")
_TIMEOUT = 60.0
_PAUSE = 0.5
_GONE = 404


def begin_schedules(asker: Asker) -> None:
    """Make them; whatever else happens, before the first fault."""
    for name in NAMES:
        body = {
            "name": name,
            "kind": "chaos.quick",
            "cron": "* * * * *",
            "missed": "catch_up",
            "metadata": {"request": name},
        }
        asker.ask("schedule", _SCHEDULES, body, schedule=name)


def end_schedules(asker: Asker) -> None:
    """Have them fire nothing any more; tried until the answer is yes."""
    for name in NAMES:
        deadline = time.monotonic() + _TIMEOUT
        while time.monotonic() < deadline:
            path = f"{_SCHEDULES}/{name}"
            said = {"enabled": False}
            answer = asker.ask("unschedule", path, said, method="PATCH", schedule=name)
            if answer is not None and (answer.is_success or answer.status_code == _GONE):
                break
            threading.Event().wait(_PAUSE)
