"""How far several relays may overshoot a queue's window.

Each counts what is unstarted, and publishes into the room that it saw; what another publishes
meanwhile it sees only at its next look. So there are at most a window, and from each other relay
one batch that fitted into it.
"""

from contextlib import ExitStack
from typing import Any

import pytest

from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]
WINDOW, BATCH, RELAYS = 60, 20, 3
UNSTARTED = "SELECT count(*) FROM in_flight WHERE started_at IS NULL"


def test_three_relays_overshoot_a_window_by_a_batch_each_at_most(
    amqp_url: str, accept: Any, relaying: Any, number: Any, database: Any
) -> None:
    seen: list[int] = []
    with ExitStack() as relays:
        for _ in range(RELAYS):
            relays.enter_context(
                relaying(amqp_url, window_least=WINDOW, window_most=WINDOW, relay_batch=BATCH)
            )
        # Given three relays, all woken by the same commit, and workers that start what there is
        accept(1500)

        def starting() -> bool:
            seen.append(number(UNSTARTED))
            database.execute(
                "UPDATE in_flight SET started_at = now() WHERE task_id IN (SELECT task_id"
                " FROM in_flight WHERE started_at IS NULL LIMIT 30)"
            )
            return bool(number("SELECT count(*) FROM outbox") == 0)

        # When they publish all there is
        eventually(starting, within=60)

    # Then they fill the window, and exceed it by one batch of each other relay at most
    assert max(seen) >= WINDOW
    assert max(seen) <= WINDOW + (RELAYS - 1) * BATCH, sorted(set(seen))
