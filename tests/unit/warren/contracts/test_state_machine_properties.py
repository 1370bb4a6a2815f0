"""Statuses lost, duplicated, reordered and split into batches at random, against a small model."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from warren.contracts.ids import new_id
from warren.contracts.state_machine import InFlight, TaskRow, Transition, fold
from warren.contracts.states import TaskState
from warren.contracts.status import Status, parse_status

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TASK, CUSTOMER = new_id(), new_id()
MAX_ATTEMPTS = 3
ERROR = {"type": "EngineBusy", "message": "try later"}
DATA: dict[str, dict[str, Any]] = {
    "task.processing": {},
    "task.progress": {"percent": 50},
    "task.succeeded": {"result": "done", "processing_seconds": 1},
    "task.retrying": {"delay": 1, "error": ERROR, "processing_seconds": 1},
    "task.waiting": {"reason": "provider_down", "delay": 1},
    "task.failed": {"source": "permanent", "error": ERROR, "processing_seconds": 1},
    "task.cancelled": {},
    "task.handed_back": {},
}
FINAL = ["task.succeeded", "task.failed", "task.cancelled"]
AGAIN = ["task.retrying", "task.waiting"]


def pending() -> TaskRow:
    return TaskRow(
        id=TASK,
        customer_id=CUSTOMER,
        kind="test.echo",
        version=1,
        queue="test.default",
        state=TaskState.PENDING,
        generation=1,
        dispatch=1,
        rank=0,
        attempt=1,
        max_attempts=MAX_ATTEMPTS,
        in_flight=InFlight(1, 1, NOW - timedelta(seconds=9)),
    )


def status(type_: str, dispatch: int, attempt: int, percent: int = 50) -> Status:
    data = {"percent": percent} if type_ == "task.progress" else DATA[type_]
    return parse_status(
        {
            "id": new_id(),
            "type": type_,
            "task_id": TASK,
            "generation": 1,
            "dispatch": dispatch,
            "attempt": attempt,
            "run_id": new_id(),
            "incarnation": f"w{dispatch}",
            "at": NOW - timedelta(seconds=5),
            "data": data,
        }
    )


@dataclass
class Model:
    """The rules once more, for one generation, with nothing but integers and names."""

    state: str = "pending"
    at: int = 10  # dispatch * 10 + rank
    issued: int = 1
    attempt: int = 1
    progress: int = 0
    planned: tuple[int, int] | None = None  # (dispatch, attempt) in the outbox
    log: list[str] = field(default_factory=list)

    def take(self, s: Status) -> None:
        if self.state in {"succeeded", "failed", "cancelled"}:
            return
        name = s.type.removeprefix("task.")
        if name == "handed_back":
            return
        if name == "progress":
            if self.at == s.dispatch * 10 + 1:
                self.progress = max(self.progress, s.data.percent)  # type: ignore[union-attr]
            return
        here = s.dispatch * 10 + (1 if name == "processing" else 2)
        blocked = here < self.at if name == "succeeded" else here <= self.at
        if blocked or (name in {"retrying", "waiting"} and self.issued > s.dispatch):
            return
        self.move(s, name, here)

    def move(self, s: Status, name: str, here: int) -> None:
        if s.attempt != self.attempt:
            self.progress = 0
        self.at, self.attempt = here, s.attempt
        if name == "retrying" and s.attempt >= MAX_ATTEMPTS:
            name = "failed"
        next_attempt = s.attempt + (name == "retrying")
        again = name in {"retrying", "waiting"}
        if again or (self.planned and self.planned[0] <= s.dispatch) or name != "processing":
            self.planned = (s.dispatch + 1, next_attempt) if again else None
        self.issued = max(self.issued, s.dispatch + again)
        self.progress = 100 if name == "succeeded" else self.progress
        self.state = "pending" if name == "waiting" else name


@st.composite
def lives(draw: st.DrawFn) -> list[Status]:
    """What a task's runs report when nothing goes wrong on the way: ends in a terminal state."""
    life: list[Status] = []
    attempt = 1
    again = draw(st.lists(st.sampled_from(AGAIN), max_size=4))
    again = [kind for i, kind in enumerate(again) if again[:i].count(AGAIN[0]) < MAX_ATTEMPTS - 1]
    for dispatch, outcome in enumerate([*again, draw(st.sampled_from(FINAL))], start=1):
        returns = draw(st.integers(0, 2))
        life += [status("task.handed_back", dispatch, attempt) for _ in range(returns)]
        life.append(status("task.processing", dispatch, attempt))
        percents = draw(st.lists(st.integers(0, 100), max_size=3))
        life += [status("task.progress", dispatch, attempt, percent) for percent in percents]
        life.append(status(outcome, dispatch, attempt))
        attempt += outcome == "task.retrying"
    return life


@st.composite
def deliveries(draw: st.DrawFn) -> list[Status]:
    """Such lives with second runs that end otherwise, duplicates, losses, in any order."""
    life = draw(lives())
    extra = draw(
        st.lists(
            st.builds(
                status,
                st.sampled_from(sorted(DATA)),
                st.integers(1, 5),
                st.integers(1, MAX_ATTEMPTS),
            ),
            max_size=4,
        )
    )
    kept = [s for s in life if draw(st.integers(0, 9))]
    pool = kept + extra
    again = draw(st.lists(st.sampled_from(pool), max_size=6)) if pool else []
    return list(draw(st.permutations(pool + again)))


def published(row: TaskRow) -> TaskRow:
    """What a relay does between two batches: it publishes the row's outbox."""
    if not row.outbox:
        return row
    newest = row.outbox[-1]
    sent = InFlight(newest.generation, newest.dispatch, NOW)
    return replace(row, outbox=(), in_flight=sent)


def _waiting(row: TaskRow) -> TaskRow:
    """The row but for since when its message waits."""
    held = row.in_flight and replace(row.in_flight, handed_back_at=None)
    return replace(row, in_flight=held)


def batches(draw: st.DataObject, statuses: list[Status]) -> list[list[Status]]:
    cuts = sorted(draw.draw(st.sets(st.integers(0, len(statuses)))) | {0, len(statuses)})
    return [statuses[a:b] for a, b in pairwise(cuts)]


def record(parts: list[list[Status]]) -> list[Transition]:
    row, transitions = pending(), []
    for part in parts:
        transitions.append(fold(row, part, NOW))
        row = transitions[-1].after
    return transitions


@settings(deadline=None, max_examples=300)
@given(deliveries(), st.data())
def test_however_statuses_are_batched_the_task_ends_as_the_model_says(
    statuses: list[Status], data: st.DataObject
) -> None:
    model = Model()
    for s in statuses:
        model.take(s)

    at_once = fold(pending(), statuses, NOW)
    in_parts = record(batches(data, statuses))
    row = in_parts[-1].after if in_parts else pending()

    assert row == at_once.after
    assert [s for t in in_parts for s in t.history] == at_once.history
    assert (row.state.value, row.dispatch * 10 + row.rank) == (model.state, model.at)
    assert (row.attempt, row.progress) == (model.attempt, model.progress)
    planned = [(r.dispatch, r.attempt) for r in row.outbox]
    assert planned == ([model.planned] if model.planned else [])


@settings(deadline=None, max_examples=300)
@given(deliveries(), st.data())
def test_a_task_ends_at_most_once_and_no_dispatch_is_planned_twice(
    statuses: list[Status], data: st.DataObject
) -> None:
    row, ends, successes, planned = pending(), 0, 0, []
    for part in batches(data, statuses):
        transition = fold(row, part, NOW)
        ends += transition.ended
        successes += transition.success is not None
        planned += [r.dispatch for r in transition.after.outbox if r not in row.outbox]
        row = transition.after
        if data.draw(st.booleans()):
            row = published(row)

    assert ends == row.state.is_terminal
    assert successes == (row.state is TaskState.SUCCEEDED)
    assert len(planned) == len(set(planned))
    if row.state.is_terminal:
        assert (row.outbox, row.in_flight) == ((), None)


@settings(deadline=None, max_examples=200)
@given(lives(), st.data())
def test_order_and_duplicates_do_not_change_where_a_whole_life_ends(
    life: list[Status], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(life + data.draw(st.lists(st.sampled_from(life)))))

    in_order = record([life])[-1].after
    row = record(batches(data, list(shuffled)))[-1].after

    assert row.state is in_order.state
    assert row.state.is_terminal
    assert row.position == in_order.position
    assert (row.result, row.error, row.attempt) == (
        in_order.result,
        in_order.error,
        in_order.attempt,
    )
    assert (row.in_flight, row.outbox) == (None, ())


@settings(deadline=None, max_examples=200)
@given(lives(), st.data())
def test_statuses_that_were_recorded_already_change_nothing(
    life: list[Status], data: st.DataObject
) -> None:
    reached = data.draw(st.integers(0, len(life)))
    row = published(record([life[:reached]])[-1].after)

    again = data.draw(st.permutations(life[:reached]))

    # (a hand-back that is repeated makes the sweeper wait once more, and that is all)
    transition = fold(row, again, NOW)
    assert _waiting(transition.after) == _waiting(row)


@settings(deadline=None, max_examples=200)
@given(deliveries(), st.data())
def test_hand_backs_change_nothing_but_since_when_the_message_waits(
    statuses: list[Status], data: st.DataObject
) -> None:
    others = [s for s in statuses if s.type != "task.handed_back"]

    row = record(batches(data, statuses))[-1].after if statuses else pending()
    without = fold(pending(), others, NOW)

    assert _waiting(row) == without.after
    assert all(s.type != "task.handed_back" for s in without.history)
