"""The checks notice what breaks effects, cancellation, limits, letters and generations."""

from pathlib import Path

import pytest

from tests.chaos.made_up_run import MadeUpRun
from warren.contracts.ids import new_id

pytestmark = [pytest.mark.postgres]

EFFECTS = {"steps": 1, "failures": 0, "seconds": 0.1}
PERMANENT = {"source": "permanent", "type": "PermanentError", "message": "never"}


@pytest.fixture
def run(tmp_path: Path, database_url: str) -> MadeUpRun:
    """An empty run."""
    return MadeUpRun(tmp_path, database_url)


def cancelled_task(run: MadeUpRun, kind: str = "chaos.effect") -> str:
    task = run.task(kind, state="cancelled", payload=EFFECTS)
    run.demand("cancel", task, code=200, state="cancelled")
    return task


# --- cancellation and effects -------------------------------------------------------------------


def test_a_task_that_was_cancelled_on_demand_passes_and_on_nobodys_demand_does_not(
    run: MadeUpRun,
) -> None:
    cancelled_task(run)
    other = run.task("chaos.quick", state="cancelled")

    assert [(v.name, v.task) for v in run.violations()] == [("wrong end", other)]


def test_a_cancellation_that_was_confirmed_and_did_not_happen_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.quick")

    run.demand("cancel", task, code=200, state="cancelled")

    assert run.names(task) == {"lost cancellation"}


def test_an_effect_after_a_confirmed_cancellation_is_noticed(run: MadeUpRun) -> None:
    task = cancelled_task(run)

    run.effect(task, at=2.0)

    assert run.names(task) == {"effect after cancellation"}


def test_a_run_that_goes_on_long_after_it_was_cancelled_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.deaf", payload={"seconds": 9})
    run.demand("cancel", task, code=202, state="cancelling", at=0.5)

    assert run.names(task) == set()
    run.execution(task, at=0.1, lasted=9.0)
    assert "cancellation ignored" in run.names(task)


def test_an_effect_that_happened_twice_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.effect", payload=EFFECTS)

    run.effect(task)
    run.effect(task, at=1.5)

    assert run.names(task) == {"doubled effect", "repeated write"}


def test_a_write_is_repeated_only_where_its_process_was_hit_before_it_was_recorded(
    run: MadeUpRun,
) -> None:
    task = run.task("chaos.effect", payload=EFFECTS)
    run.effect(task)
    run.effect(task, at=3.0, taken=False)

    assert run.names(task) == {"repeated write"}
    run.fault("kill", "chaos-worker", 0.2, 1.0)
    assert run.names(task) == set()


def test_what_a_dying_process_has_written_counts_though_it_could_not_log_so(
    run: MadeUpRun,
) -> None:
    # Given a job that wrote in the moment in which a neighbour of its process killed both
    task = run.task("chaos.effect", payload=EFFECTS)
    run.effect(task, at=0.002, taken=False)
    run.effect(task, at=3.0, taken=False)
    assert run.names(task) == {"repeated write", "missing effect"}
    run.folder.sink.mkdir(exist_ok=True)
    (run.folder.sink / f"{task}:step-0").touch()
    assert run.names(task) == {"repeated write"}

    run.task("chaos.poison", state="failed", error={"source": "crashed"})

    assert run.names(task) == set()


def test_two_runs_may_come_to_the_same_write_at_the_same_time(run: MadeUpRun) -> None:
    task = run.task("chaos.effect", payload=EFFECTS)

    run.effect(task)
    run.effect(task, at=0.1, taken=False, pid=2)

    assert run.names(task) == set()


def test_a_success_without_its_effects_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.effect", payload=EFFECTS)

    assert run.names(task) == {"missing effect"}


# --- dead letters and generations ---------------------------------------------------------------


def test_a_failure_without_its_letter_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.permanent", state="failed", error=PERMANENT)

    run.sql("DELETE FROM dead_letters")

    assert run.names(task) == {"wrong letters"}


def test_a_check_that_failed_leaves_no_letter_and_another_chore_does(run: MadeUpRun) -> None:
    check = run.chore("api.health_check", "failed", "exhausted")
    other = run.chore("api.clean_audio", "failed", "exhausted")
    given_up = run.chore("tts.probe", "failed", "unknown_kind")

    assert [run.names(task) for task in (check, other, given_up)] == [
        set(),
        {"wrong letters"},
        {"wrong letters"},
    ]
    run.letter(check, "exhausted")
    assert run.names(check) == {"wrong letters"}


def test_a_letter_that_is_not_true_of_its_task_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.quick")

    run.letter(task, "crashed")

    assert run.names(task) == {"untrue letter"}


def test_an_unreadable_message_that_left_no_letter_is_noticed(run: MadeUpRun) -> None:
    run.garbage("ab")

    assert run.names() == {"lost message"}
    run.letter(None, "undecodable", generation=None, dispatch=None, message_sha256=b"\xab")
    assert run.names() == set()


def test_a_letter_that_does_not_replay_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.permanent", state="failed", error=PERMANENT)

    run.demand("final-replay", task, code=409, letter="01a20496-0000-7000-8000-000000000000")

    assert "letter without answer" in run.names(task)


def test_a_generation_that_nobody_asked_for_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.quick", state="failed", error=PERMANENT)
    run.entry(task, "task.succeeded", generation=2)
    run.sql("UPDATE tasks SET generation = 2 WHERE id = %s", task)

    assert "unexplained generation" in run.names(task)
    run.demand("retry", task)
    assert "unexplained generation" not in run.names(task)


def test_a_retry_that_was_promised_and_did_not_come_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.rejected", state="failed", error={"source": "rejected"})

    run.demand("retry", task)

    assert run.names(task) == {"lost retry"}


def test_a_fourth_sweep_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.quick", dispatch=5)
    run.sql("DELETE FROM task_history")
    for dispatch in range(1, 5):
        run.entry(task, "task.swept", dispatch=dispatch, by_a_run=False)
    run.entry(task, "task.succeeded", dispatch=5)
    run.execution(task, dispatch=5)

    assert run.names(task) == {"too many sweeps"}


# --- limits and times ---------------------------------------------------------------------------


def test_more_starts_in_a_second_than_the_rate_allows_are_noticed(run: MadeUpRun) -> None:
    def start(count: int) -> None:
        for _ in range(count):
            run.task("chaos.limited", payload={"key": "a"})

    start(7)
    assert run.names() == set()
    start(1)
    assert run.names() == {"rate exceeded"}


def test_two_of_one_key_at_a_time_are_noticed_and_of_two_keys_are_not(run: MadeUpRun) -> None:
    run.task("chaos.alone", payload={"key": "a", "seconds": 1})
    run.task("chaos.alone", payload={"key": "b", "seconds": 1})

    assert run.names() == set()
    run.task("chaos.alone", payload={"key": "a", "seconds": 1})
    assert run.names() == {"limit ignored"}


def test_a_start_long_after_its_time_to_start_by_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.quick", expires_in=5.0)
    assert run.names(task) == set()
    late = run.task("chaos.quick", expires_in=-5.0)

    assert run.names(late) == {"too late"}


def test_a_second_task_of_one_key_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.quick")
    request = "0-1.1"
    with run._journal(run.folder.client_log) as log:
        log.write(event="sent", request=request, kind="chaos.quick", payload={}, delay=None, wall=0)
        log.write(event="answered", request=request, code=202, task="another", mono=0.0)

    assert run.names("another") == {"doubled task"}
    assert run.names(task) == set()


def test_a_run_in_which_nothing_was_accepted_shows_nothing(run: MadeUpRun) -> None:
    for _ in range(30):
        run.request("chaos.quick", None, code=503)

    assert run.names() == {"no load"}


# --- schedules ----------------------------------------------------------------------------------


def test_a_due_time_that_fired_passes_and_a_task_without_a_due_time_does_not(
    run: MadeUpRun,
) -> None:
    fired = run.scheduled_task(due_in=-1.0)
    assert run.names() == set()

    run.sql("DELETE FROM schedule_fires WHERE task_id = %s", fired)
    assert run.names(fired) == {"unexplained task"}


def test_a_due_time_that_made_two_tasks_is_noticed(run: MadeUpRun) -> None:
    run.scheduled_task(due_in=-1.0)
    second = str(new_id())

    run.row(second, "chaos.quick", "schedule-1", state="succeeded")
    run.entry(second, "task.succeeded")
    run.execution(second)

    assert run.names() == run.names(second) == {"unexplained task"}


def test_a_task_that_ran_before_its_due_time_is_noticed(run: MadeUpRun) -> None:
    task = run.scheduled_task(due_in=60.0)

    assert run.names(task) == {"too early"}


def test_a_minute_that_did_not_fire_is_noticed(run: MadeUpRun) -> None:
    run.demand("schedule", None, schedule="schedule-1", wall=30.0)
    run.demand("unschedule", None, schedule="schedule-1", wall=130.0)

    assert run.names() == {"missed due time"}


# --- unique keys --------------------------------------------------------------------------------


def test_an_answer_that_names_the_live_task_of_another_unique_key_is_noticed(
    run: MadeUpRun,
) -> None:
    task = run.task("chaos.sleep", unique_key="u")
    run.request("chaos.sleep", task, code=200, unique_key="u", unique=True)
    assert run.names() == set()

    run.request("chaos.sleep", task, code=200, unique_key="v", unique=True)
    assert run.names(task) == {"wrong task"}


def test_a_second_live_task_of_one_unique_key_is_noticed(run: MadeUpRun) -> None:
    first = run.task("chaos.sleep", unique_key="u")
    run.sql("UPDATE task_history SET at = now() + interval '1 hour' WHERE task_id = %s", first)
    other = run.task("chaos.sleep", unique_key="v")
    assert run.names() == set()

    run.sql("UPDATE tasks SET unique_key = 'u' WHERE id = %s", other)

    assert run.names() == run.names(other) == {"unique key twice"}


def test_a_unique_key_may_be_used_again_after_its_task_has_ended_and_by_other_kinds_and_customers(
    run: MadeUpRun,
) -> None:
    ended = run.task("chaos.sleep", unique_key="u", ago=10.0)
    run.sql("UPDATE task_history SET at = now() - interval '1 second' WHERE task_id = %s", ended)
    run.task("chaos.sleep", unique_key="u")

    run.task("chaos.quick", unique_key="u")
    run.task("chaos.sleep", unique_key="u", customer_id=str(new_id()))

    assert run.names() == set()


def test_a_task_that_starts_again_beside_the_next_one_of_its_unique_key_is_noticed(
    run: MadeUpRun,
) -> None:
    # Given a task that ended, and was asked to start again while another has its key
    again = run.task("chaos.sleep", unique_key="u", generation=2, ago=10.0)
    run.sql("UPDATE task_history SET at = now() - interval '1 second' WHERE task_id = %s", again)
    run.demand("retry", again)
    other = run.task("chaos.sleep", unique_key="u")
    run.sql("UPDATE task_history SET at = now() + interval '1 hour' WHERE task_id = %s", other)
    assert "unique key twice" not in run.names()

    run.execution(again, generation=2)
    run.entry(again, "task.succeeded", generation=2)

    assert "unique key twice" in run.names(again)
