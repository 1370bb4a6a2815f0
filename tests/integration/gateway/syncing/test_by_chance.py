"""Chance decides what happens, on PostgreSQL; in the end both sides are alike."""

from typing import Any

import httpx
import pytest

from tests.integration.gateway.syncing.chance import DocumentPlay, FaqPlay, Play

pytestmark = pytest.mark.postgres
_STEPS = 70
_PLAYS = pytest.mark.parametrize("made", [FaqPlay, DocumentPlay])


@_PLAYS
@pytest.mark.parametrize("seed", range(6))
def test_both_sides_are_alike_when_all_is_quiet(
    customer: httpx.Client, hands: Any, made: type[Play], seed: int
) -> None:
    play = made(customer, hands, seed)
    for _ in range(_STEPS):
        play.step()
    play.settle()

    play.check_alike()
    unsynced = "SELECT * FROM syncs WHERE state <> 'synced' AND entity <> 'document_index'"
    assert hands.ask(unsynced) == []
    left = "SELECT * FROM tasks WHERE state NOT IN ('succeeded', 'failed', 'cancelled', 'expired')"
    assert [task for task in hands.ask(left) if task["kind"] != "document.trigger_reindex"] == []


@_PLAYS
def test_what_is_changed_after_a_restore_from_a_backup_arrives(
    customer: httpx.Client, hands: Any, made: type[Play]
) -> None:
    # Given a chatbot that has seen more than this gateway
    play = made(customer, hands, 7)
    for _ in range(8):
        play.create()
    play.settle()
    play.restore()

    # When all of it is changed here, some of it in the middle of other syncs
    for _ in range(20):
        play.chance.choice([play.change, play.publish, play.finish])()
    while play.is_overtaken():
        play.change()
        play.settle()
    play.settle()

    # Then the chatbot has what is desired here
    play.check_alike()
