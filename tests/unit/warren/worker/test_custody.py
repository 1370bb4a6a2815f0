"""A process knows what it holds, and recognises what comes again."""

from typing import Any

import pytest

from warren.contracts.ids import new_id
from warren.errors import Unavailable
from warren.worker.custody import Custody, HeldRun
from warren.worker.job_run import Run


def _held(message_id: str = "a.1.1") -> HeldRun:
    run = Run(new_id(), new_id(), 1, 1, 1, new_id(), "test.x", 1, {}, repeated=False)
    message: Any = object()
    return HeldRun(run, message_id, None, message)


def test_a_run_is_held_until_its_outcome_is_confirmed() -> None:
    custody, held = Custody(), _held()

    assert custody.take(held) is None
    assert custody.run_ids() == [str(held.run.run_id)]
    assert custody.conclude(held)
    assert custody.running() == []
    assert custody.run_ids() == [str(held.run.run_id)]
    custody.release(held, None)
    assert custody.run_ids() == []
    assert held.answered.result(0) is None


def test_only_the_first_outcome_counts() -> None:
    custody, held = Custody(), _held()
    custody.take(held)

    assert [custody.conclude(held), custody.conclude(held)] == [True, False]


def test_a_message_that_comes_again_while_it_runs_shares_the_answer() -> None:
    custody, held = Custody(), _held()
    custody.take(held)

    assert custody.take(_held()) is held.answered


def test_a_message_that_comes_again_after_its_answer_is_answered_at_once() -> None:
    custody, held = Custody(), _held()
    custody.take(held)
    custody.release(held, None)

    known = custody.take(_held())

    assert known is not None
    assert known.done()


def test_a_message_whose_answer_was_lost_runs_again() -> None:
    custody, held = Custody(), _held()
    custody.take(held)
    custody.release(held, Unavailable("no broker"))

    assert custody.take(_held()) is None
    with pytest.raises(Unavailable):
        held.answered.result(0)


def test_only_so_many_answers_are_remembered() -> None:
    custody = Custody(remembered=2)
    for name in ("a", "b", "c"):
        held = _held(name)
        custody.take(held)
        custody.release(held, None)

    assert custody.take(_held("a")) is None
    assert custody.take(_held("c")) is not None
