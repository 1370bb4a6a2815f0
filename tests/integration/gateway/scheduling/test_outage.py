"""A database that is away is waited for; what was due meanwhile is fired afterwards."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from gateway.schema import migrate
from warren.contracts.kinds import KindSchedule, Missed
from warren.stack.postgres import PostgresServer
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
MINUTE = timedelta(minutes=1)


def test_what_was_due_during_an_outage_is_fired_after_it(
    own_postgres: PostgresServer,
    kind: Callable[..., Any],
    settings: Any,
    running: Callable[..., Any],
    schedules_of: Callable[[str], Any],
) -> None:
    # Given a scheduler that works
    url = own_postgres.start()
    migrate(url)
    schedules = schedules_of(url)
    schedules.announce(
        kind("test.each", KindSchedule(cron="* * * * *", missed=Missed.CATCH_UP)),
        kind("test.last", KindSchedule(cron="* * * * *")),
    )
    schedules.make_overdue("test.last", timedelta(0))
    with running(settings.model_copy(update={"database_url": url})):
        eventually(lambda: schedules.fired("test.last"))
        # When the database dies, and three minutes have been missed when it is back
        own_postgres.kill()
        with pytest.raises(psycopg.OperationalError):
            schedules.task_ids()
        url = own_postgres.start()
        first = {name: schedules.make_overdue(name, 3 * MINUTE) for name in ("test.each",)}
        # Then the scheduler goes on by itself, and fires each of them
        fired = eventually(
            lambda: (f := schedules.fired("test.each")) and len(f) > 3 and f, within=60
        )
    assert fired[:4] == [first["test.each"] + n * MINUTE for n in range(4)]
