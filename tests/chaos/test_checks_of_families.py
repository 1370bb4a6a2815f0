"""The checks notice what breaks fan-out, events, batches and bulk actions."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.chaos.made_up_families import batch, fact, outcome, parent, tell
from tests.chaos.made_up_run import MadeUpRun
from warren.contracts.ids import new_id

pytestmark = [pytest.mark.postgres]

PERMANENT = {"source": "permanent", "type": "PermanentError", "message": "never"}
QUICK = {"kind": "chaos.quick"}


@pytest.fixture
def run(tmp_path: Path, database_url: str) -> MadeUpRun:
    """An empty run."""
    return MadeUpRun(tmp_path, database_url)


def test_a_healthy_run_of_families_passes(run: MadeUpRun) -> None:
    parent(run, children=2)
    fact(run)
    batch(run)

    assert run.violations() == []


# --- children -----------------------------------------------------------------------------------


def test_a_child_that_is_missing_is_noticed(run: MadeUpRun) -> None:
    task, (_, second) = parent(run, children=2)

    remove(run, second)

    assert "missing descendant" in run.names(task)


def test_a_child_that_was_promised_to_a_run_whose_task_failed_is_missed(run: MadeUpRun) -> None:
    task, (child,) = parent(run)
    run.sql("UPDATE tasks SET state = 'failed', result = NULL WHERE id = %s", task)
    remove(run, child)

    assert "missing descendant" in run.names(task)
    run.entry(task, "task.cancelling")
    assert "missing descendant" not in run.names(task)


def test_a_second_child_of_one_key_is_noticed(run: MadeUpRun) -> None:
    task, _ = parent(run)
    double = str(new_id())

    run.descendant(double, "chaos.part", task, payload={"fate": "well"})

    assert run.names(double) == {"unexplained task"}


def test_a_child_that_no_run_asked_for_is_noticed(run: MadeUpRun) -> None:
    _, (child,) = parent(run)

    run.folder.effect_log.write_text(
        "\n".join(x for x in run.folder.effect_log.read_text().splitlines() if "spawn" not in x)
    )

    assert run.names(child) == {"unasked child"}


def test_a_child_that_was_told_something_else_or_comes_of_another_is_noticed(
    run: MadeUpRun,
) -> None:
    _, (first, second) = parent(run, children=2)

    run.sql("""UPDATE tasks SET payload = '{"fate": "flaky"}' WHERE id = %s""", first)
    run.sql("UPDATE tasks SET parent_id = id WHERE id = %s", second)

    assert run.names() == {"wrong descendant"}


def test_a_child_of_a_task_that_was_cancelled_before_is_noticed(run: MadeUpRun) -> None:
    task, (child,) = parent(run)
    run.sql("UPDATE tasks SET state = 'cancelled', result = NULL WHERE id = %s", task)
    run.sql("UPDATE task_history SET type = 'task.cancelled' WHERE task_id = %s", task)
    run.demand("cancel", task, code=200, state="cancelled")
    # (It came before that, however long it took to make all this up.)
    run.sql(
        "UPDATE tasks SET created_at = (SELECT min(at) FROM task_history WHERE task_id = %s)"
        " WHERE id = %s",
        *[task, child],
    )

    assert run.names(task) == set()
    run.sql("UPDATE tasks SET created_at = created_at + interval '3 s' WHERE id = %s", child)
    assert run.names(task) == {"asked by a cancelled task"}


# --- events -------------------------------------------------------------------------------------


def test_a_subscriber_who_was_not_told_is_noticed(run: MadeUpRun) -> None:
    task, (first, _) = fact(run)

    remove(run, first)

    assert "missing descendant" in run.names(task)


def test_a_subscriber_who_was_told_twice_is_noticed(run: MadeUpRun) -> None:
    task, _ = fact(run)
    double = str(new_id())

    run.descendant(double, "chaos.heard", task, payload={"origin": task, "number": 1})

    assert run.names(double) == {"unexplained task"}


def test_a_fact_of_a_task_that_did_not_succeed_is_noticed(run: MadeUpRun) -> None:
    task, _ = fact(run)

    run.sql("UPDATE tasks SET state = 'failed', result = NULL WHERE id = %s", task)

    assert "fact of a failure" in run.names(task)


# --- batches ------------------------------------------------------------------------------------


def test_a_member_that_is_missing_is_noticed(run: MadeUpRun) -> None:
    task, (_, second), _ = batch(run)

    run.sql("DELETE FROM batch_members WHERE task_id = %s", second)

    assert "wrong members" in run.names(task)


def test_a_member_that_is_counted_as_something_else_is_noticed(run: MadeUpRun) -> None:
    task, (_, second), _ = batch(run)

    run.sql("UPDATE batch_members SET state = 'failed' WHERE task_id = %s", second)

    assert run.names(second) == {"miscounted member"}
    assert run.names(task) == {"wrong end"}


def test_a_batch_without_its_callback_is_noticed(run: MadeUpRun) -> None:
    task, _, callback = batch(run)

    remove(run, callback)

    assert run.names(task) == {"missing callback"}


def test_a_second_callback_is_noticed(run: MadeUpRun) -> None:
    task, members, _ = batch(run)
    double = str(new_id())

    payload = {"label": "made up", "batch": outcome(task, members)}
    run.descendant(double, "chaos.joined", task, payload=payload)

    assert run.names(double) == {"unexplained task"}


def test_a_callback_of_a_batch_that_still_lives_or_was_cancelled_is_noticed(
    run: MadeUpRun,
) -> None:
    task, _, _ = batch(run)

    run.sql("UPDATE task_history SET type = 'task.cancelled' WHERE task_id = %s", task)
    assert "callback too early" in run.names(task)
    run.sql("DELETE FROM task_history WHERE task_id = %s", task)
    assert "callback too early" in run.names(task)


def test_a_callback_that_says_what_is_not_true_of_a_member_is_noticed(run: MadeUpRun) -> None:
    task, members, callback = batch(run)

    tell(run, callback, outcome(task, members, p1="failed"))

    assert run.names(callback) == {"untrue callback"}


def test_a_callback_that_came_before_its_last_member_ended_is_noticed(run: MadeUpRun) -> None:
    _, (_, second), callback = batch(run)

    run.sql("UPDATE task_history SET at = now() + interval '5 s' WHERE task_id = %s", second)

    assert run.names(callback) == {"untrue callback"}


def test_a_callback_may_look_older_than_the_end_of_its_batch(run: MadeUpRun) -> None:
    # Given a recorder that waited for a lock before it recorded the last end
    task, (_, second), callback = batch(run)
    run.sql("UPDATE task_history SET at = now() + interval '5 s' WHERE task_id = %s", second)
    assert run.names(callback) == {"untrue callback"}

    run.sql("UPDATE task_history SET at = now() + interval '5 s' WHERE task_id = %s", task)

    assert run.names(callback) == set()


def test_a_callback_that_leaves_a_member_out_is_noticed(run: MadeUpRun) -> None:
    task, members, callback = batch(run)

    tell(run, callback, outcome(task, members[:1]))

    assert run.names(callback) == {"untrue callback"}


def test_a_member_that_lives_on_when_its_batch_was_cancelled_is_noticed(run: MadeUpRun) -> None:
    task, (first, _), _ = batch(run)
    run.entry(task, "task.cancelling")
    run.sql("UPDATE tasks SET created_at = now() - interval '9 s' WHERE id = %s", first)

    assert run.names(first) == set()
    run.sql("UPDATE task_history SET at = now() + interval '9 s' WHERE task_id = %s", first)
    assert run.names(first) == {"member outlives its batch"}


# --- bulk actions -------------------------------------------------------------------------------


def test_an_action_that_nobody_asked_for_is_noticed(run: MadeUpRun) -> None:
    action = run.action("api.bulk_cancel", QUICK, "bulk-cancel")
    assert run.names() == set()

    run.sql("""UPDATE tasks SET payload = '{"filter": {"kind": "x"}}' WHERE id = %s""", action)
    assert run.names(action) == {"wrong task"}
    other = str(new_id())
    run.row(other, "api.bulk_cancel", None, state="succeeded", payload={"filter": QUICK})
    run.entry(other, "task.succeeded")
    assert run.names(other) == {"unexplained task"}


def test_an_action_whose_answer_was_lost_may_be_there_or_not(run: MadeUpRun) -> None:
    action = run.action("api.bulk_cancel", QUICK, "bulk-cancel")
    run.folder.client_log.unlink()
    run.demand("bulk-cancel", None, code=None, filter=QUICK)
    run.demand("bulk-cancel", None, code=None, filter={"kind": "chaos.part"})

    assert run.names() == set()
    run.sql("DELETE FROM tasks WHERE id = %s", action)
    run.sql("DELETE FROM task_history WHERE task_id = %s", action)
    assert run.names() == set()


def test_a_task_that_was_cancelled_by_a_filter_passes_and_beyond_it_does_not(
    run: MadeUpRun,
) -> None:
    meant, other = run.task("chaos.quick", state="cancelled"), run.task("chaos.sleep")
    action = run.action("api.bulk_cancel", QUICK, "bulk-cancel")

    run.entry(meant, "task.cancelling", data={"by": f"task:{action}"})
    assert run.names(meant) == set()
    run.entry(other, "task.cancelling", data={"by": f"task:{action}"})
    assert "beyond its filter" in run.names(other)


def test_a_task_of_another_user_or_of_after_the_action_is_beyond_its_filter(
    run: MadeUpRun,
) -> None:
    chosen = {**QUICK, "user_id": "ann"}
    other = run.task("chaos.quick", state="cancelled", user_id="ben")
    action = run.action("api.bulk_cancel", chosen, "bulk-cancel")
    later = run.task("chaos.quick", state="cancelled", user_id="ann")

    for task in (other, later):
        run.entry(task, "task.cancelling", data={"by": f"task:{action}"})
        assert run.names(task) == {"beyond its filter"}


def test_a_task_that_a_bulk_cancel_left_out_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.quick")
    run.sql("UPDATE tasks SET created_at = now() - interval '9 s' WHERE id = %s", task)
    run.action("api.bulk_cancel", QUICK, "bulk-cancel")

    assert run.names(task) == set()
    run.sql("UPDATE task_history SET at = now() + interval '9 s' WHERE task_id = %s", task)
    assert run.names(task) == {"left out"}


def test_a_task_that_a_bulk_retry_left_out_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.permanent", state="failed", error=PERMANENT)
    run.action("api.bulk_retry", {"kind": "chaos.permanent"}, "bulk-retry")

    assert run.names(task) == set()
    run.sql("UPDATE tasks SET finished_at = now() - interval '2 min' WHERE id = %s", task)
    assert run.names(task) == {"left out"}


def test_a_generation_that_an_action_began_within_its_filter_passes(run: MadeUpRun) -> None:
    task = run.task("chaos.rejected", state="failed", error={"source": "rejected"})
    action = run.action("api.bulk_retry", {"kind": "chaos.rejected"}, "bulk-retry")
    run.sql("UPDATE tasks SET generation = 2 WHERE id = %s", task)
    run.entry(task, "task.failed", generation=2, data={"source": "rejected"})

    assert "unexplained generation" in run.names(task)
    run.entry(task, "task.retried", generation=2, data={"by": f"task:{action}"}, by_a_run=False)
    assert "unexplained generation" not in run.names(task)


def test_a_letter_that_was_answered_beyond_a_filter_or_by_nobody_is_noticed(
    run: MadeUpRun,
) -> None:
    task = run.task("chaos.permanent", state="failed", error=PERMANENT)
    resolve = "UPDATE dead_letters SET resolution = 'discarded', resolved_by = %s, kind = %s"
    within = run.action("api.discard", {"kind": "chaos.permanent"}, "bulk-discard")
    beyond = run.action("api.discard", {"kind": "chaos.fail"}, "bulk-discard")

    run.sql(resolve, f"task:{within}", "chaos.permanent")
    assert run.names(task) == set()
    run.sql(resolve, f"task:{beyond}", "chaos.permanent")
    assert run.names(task) == {"beyond its filter"}
    run.sql(resolve, "key:nobody", "chaos.permanent")
    assert run.names(task) == {"unasked answer"}


def recently(seconds: float) -> str:
    """A moment so long ago, as a filter names it."""
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


def test_a_filter_means_nothing_of_before_its_time(run: MadeUpRun) -> None:
    task = run.task("chaos.quick", state="cancelled")
    action = run.action("api.bulk_cancel", {**QUICK, "since": recently(-9)}, "bulk-cancel")

    run.entry(task, "task.cancelling", data={"by": f"task:{action}"})

    assert run.names(task) == {"beyond its filter"}


def remove(run: MadeUpRun, task: str) -> None:
    """Take a task away, with all that tells of it."""
    run.sql("DELETE FROM tasks WHERE id = %s", task)
    run.sql("DELETE FROM task_history WHERE task_id = %s", task)
