"""Schedulers that are killed and frozen at any instruction neither lose nor double a due time."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from warren.contracts.kinds import KindSchedule, Missed
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(600)]
MINUTE = timedelta(minutes=1)
KINDS = [f"test.job_{number}" for number in range(5)]
MISSED = 99
PATIENCE = 450.0


class Scheduler:
    """A `warren scheduler` that a test can hurt; started again when it was killed."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._environment = environment
        self._folder = folder
        self._lives = 0
        self._process = self._start()

    @property
    def is_up(self) -> bool:
        """Whether it has come so far in its present life as to fire something."""
        return "the scheduler has started" in self._log.read_text()

    def kill(self) -> None:
        self.end()
        self._process = self._start()

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        self._process.kill()
        self._process.wait(10)

    @property
    def _log(self) -> Path:
        return self._folder / f"life-{self._lives}.log"

    def _start(self) -> "subprocess.Popen[bytes]":
        self._lives += 1
        command = [str(Path(sys.executable).parent / "warren"), "scheduler"]
        with self._log.open("wb") as log:
            return subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)


@contextmanager
def three_schedulers(database_url: str, folder: Path) -> Iterator[list[Scheduler]]:
    environment = {
        **os.environ,
        "WARREN_DATABASE_URL": database_url,
        "WARREN_AMQP_URL": "amqp://guest:guest@127.0.0.1:1/%2F",
        "WARREN_ARTIFACTS_URL": str(folder / "artifacts"),
        "WARREN_SCHEDULER_INTERVAL": "0.1",
    }
    folders = [folder / f"scheduler-{n}" for n in range(3)]
    for each in folders:
        each.mkdir()
    schedulers = [Scheduler(environment, each) for each in folders]
    try:
        yield schedulers
    finally:
        for scheduler in schedulers:
            scheduler.end()


def _hurt(schedulers: list[Scheduler], done: threading.Event, hurts: list[str]) -> None:
    """One after the other, until it is done: killed, and frozen for a while, by turns."""
    dice = random.Random(7)
    while not done.wait(dice.uniform(0.2, 0.6)):
        victim = dice.choice(schedulers)
        others = [scheduler for scheduler in schedulers if scheduler is not victim]
        # On a slow machine, a new one takes long to come up; somebody has to fire meanwhile.
        if hurts[-1:] != ["killed"] and all(scheduler.is_up for scheduler in others):
            hurts.append("killed")
            victim.kill()
        else:
            hurts.append("frozen")
            victim.freeze()
            done.wait(dice.uniform(0.1, 2.0))
            victim.thaw()


@contextmanager
def hurting(schedulers: list[Scheduler]) -> Iterator[list[str]]:
    done = threading.Event()
    hurts: list[str] = []
    thread = threading.Thread(target=_hurt, args=(schedulers, done, hurts))
    thread.start()
    try:
        yield hurts
    finally:
        done.set()
        thread.join()


def test_five_hundred_due_times_fire_once_each_under_kills_and_freezes(
    schedules: Any, kind: Callable[..., Any], tmp_path: Path
) -> None:
    # Given five schedules that catch up on a hundred minutes each, and a database that takes its
    # time between a due time and its task, so that death strikes there as well
    every_minute = KindSchedule(cron="* * * * *", missed=Missed.CATCH_UP)
    schedules.announce(*(kind(name, every_minute) for name in KINDS))
    schedules.ask(
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(0.06); RETURN NULL; END $$"
    )
    schedules.ask(
        "CREATE TRIGGER dawdle AFTER INSERT ON schedule_fires FOR EACH ROW"
        " EXECUTE FUNCTION dawdle()"
    )
    first = {name: schedules.make_overdue(name, MISSED * MINUTE) for name in KINDS}

    def all_fired() -> bool:
        waiting = dict(schedules.ask("SELECT name, next_due_at FROM schedules"))
        return all(waiting[name] > first[name] + MISSED * MINUTE for name in KINDS)

    # When three schedulers fire them, and are killed and frozen all the time
    with three_schedulers(schedules.url, tmp_path) as schedulers, hurting(schedulers) as hurts:
        eventually(all_fired, within=PATIENCE)
    assert {"killed", "frozen"} <= set(hurts)

    # Then each due time has become exactly one task, and none is left out
    for name in KINDS:
        fired = schedules.fired(name)
        assert fired[: MISSED + 1] == [first[name] + n * MINUTE for n in range(MISSED + 1)]
        assert fired == [first[name] + n * MINUTE for n in range(len(fired))]
    ((tasks, outbox, fires),) = schedules.ask(
        "SELECT (SELECT count(*) FROM tasks), (SELECT count(*) FROM outbox),"
        " (SELECT count(*) FROM schedule_fires)"
    )
    assert tasks == outbox == fires


def test_a_scheduler_frozen_within_a_transaction_holds_nobody_up_for_long(
    schedules: Any, kind: Callable[..., Any], settings: Any, running: Any, tmp_path: Path
) -> None:
    # Given a schedule that another process has locked and does not let go of, beside a free one
    schedules.announce(*(kind(name, KindSchedule(cron="* * * * *")) for name in KINDS[:2]))
    for name in KINDS[:2]:
        schedules.make_overdue(name, MINUTE)
    with (
        schedules.connection("SET idle_in_transaction_session_timeout = '3s'") as frozen,
        running(settings),
    ):
        frozen.execute("BEGIN")
        frozen.execute("SELECT 1 FROM schedules WHERE kind = %s FOR UPDATE", [KINDS[0]])
        # When a scheduler runs, then the free one is fired in spite of it
        eventually(lambda: schedules.fired(KINDS[1]))
        assert schedules.fired(KINDS[0]) == []
        # And the other one as soon as the database has had enough
        eventually(lambda: schedules.fired(KINDS[0]))
