"""How soon the window of a queue grows whose workers have just come."""

from concurrent.futures import Future
from typing import Any

import pytest

from gateway.database_session import DatabaseSession
from gateway.relaying.config import RelaySettings
from gateway.relaying.intents import PublishIntents
from gateway.relaying.round import RelayRound

pytestmark = pytest.mark.postgres
WINDOW = 16


class TakesAll:
    """A broker that confirms at once."""

    connected = True

    def ensure_queue(self, name: str) -> None:
        """Every queue exists."""

    def publish(
        self, routing_key: str, body: bytes, *, message_id: str | None = None
    ) -> "Future[None]":
        confirmed: Future[None] = Future()
        confirmed.set_result(None)
        return confirmed


def test_workers_that_have_started_a_whole_window_are_looked_at_again_sooner(
    accept: Any, database: Any, database_url: str
) -> None:
    # Given a window that is full, of which nothing starts
    accept(6 * WINDOW)
    seconds = iter(range(1000))
    session, notes = (DatabaseSession(database_url, name="test") for _ in range(2))
    settings = RelaySettings(database_url=database_url, window_least=WINDOW)
    relay = RelayRound(settings, TakesAll(), PublishIntents(notes), lambda: next(seconds) / 4)
    relay.run(session.connection())
    waits_for_workers = relay.run(session.connection())
    # When workers start all of it
    database.execute("UPDATE in_flight SET started_at = now()")
    # Then more is published, and they are looked at again before they can have run dry for long
    waits_for_window = relay.run(session.connection())
    (published,) = database.execute("SELECT count(*) FROM in_flight").fetchone()
    session.close()
    notes.close()
    assert published > WINDOW
    assert waits_for_window < waits_for_workers
