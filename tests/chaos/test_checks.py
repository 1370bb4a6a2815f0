"""The checks notice each broken promise, name it, and let a healthy run pass."""

import time
from pathlib import Path

import pytest

from tests.chaos.made_up_run import MadeUpRun
from warren.contracts.ids import new_id

pytestmark = [pytest.mark.postgres]

EXHAUSTED = {"source": "exhausted", "type": "TransientError", "message": "always"}


@pytest.fixture
def run(tmp_path: Path, database_url: str) -> MadeUpRun:
    """A run with one quick task; tests add what else they need."""
    run = MadeUpRun(tmp_path, database_url)
    run.task("chaos.quick")
    return run


def failing_task(run: MadeUpRun, attempts: int = 3) -> str:
    """A task that has spent so many attempts and then failed."""
    task = str(new_id())
    request = run.request("chaos.fail", task)
    run.row(
        *(task, "chaos.fail", request), state="failed", error=EXHAUSTED, attempt=attempts,
        dispatch=attempts,
    )  # fmt: skip
    for attempt in range(1, attempts + 1):
        kind = "task.failed" if attempt == attempts else "task.retrying"
        data = {"source": "exhausted"} if attempt == attempts else None
        run.entry(task, kind, dispatch=attempt, attempt=attempt, data=data)
        run.execution(task, dispatch=attempt, attempt=attempt, at=attempt, end="raised Transient")
    run.letter(task, "exhausted")
    return task


# --- healthy runs -------------------------------------------------------------------------------


def test_a_healthy_run_passes(run: MadeUpRun) -> None:
    run.file_task()
    failing_task(run)
    run.task("chaos.permanent", state="failed", error={"source": "permanent"})

    assert run.violations() == []


def test_a_task_whose_answer_was_lost_may_exist_or_not(run: MadeUpRun) -> None:
    run.request("chaos.quick", None, code=None)
    task = str(new_id())
    run.row(task, "chaos.quick", run.request("chaos.quick", None, code=503), state="succeeded")
    run.entry(task, "task.succeeded")
    run.execution(task)

    assert run.violations() == []


# --- acceptance ---------------------------------------------------------------------------------


def test_a_lost_task_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.sleep")

    run.sql("DELETE FROM tasks WHERE id = %s", task)

    assert "lost task" in run.names(task)


def test_a_task_that_nobody_asked_for_is_noticed(run: MadeUpRun) -> None:
    task = str(new_id())

    run.row(task, "chaos.quick", None, state="succeeded")

    assert "unexplained task" in run.names(task)


def test_a_task_of_a_refused_request_is_noticed(run: MadeUpRun) -> None:
    task = str(new_id())

    run.row(task, "chaos.quick", run.request("chaos.quick", None, code=422), state="succeeded")

    assert "unexplained task" in run.names(task)


def test_two_tasks_of_one_request_are_noticed(run: MadeUpRun) -> None:
    request = run.request("chaos.quick", None, code=None)

    for _ in range(2):
        run.row(str(new_id()), "chaos.quick", request, state="succeeded")

    assert "doubled task" in run.names()


# --- ends ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["pending", "processing", "retrying", "scheduled"])
def test_a_stuck_task_is_noticed(run: MadeUpRun, state: str) -> None:
    task = run.task("chaos.quick")

    run.sql("UPDATE tasks SET state = %s, finished_at = NULL WHERE id = %s", state, task)

    assert "stuck task" in run.names(task)


def test_a_failure_that_should_have_been_a_success_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.quick", state="failed", error=EXHAUSTED)

    assert "wrong end" in run.names(task)


def test_a_failure_of_another_cause_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.rejected", state="failed", error=EXHAUSTED)

    assert "wrong end" in run.names(task)


def test_a_failure_before_the_attempts_are_spent_is_noticed(run: MadeUpRun) -> None:
    task = failing_task(run, attempts=2)

    assert run.names(task) == {"wrong attempts"}


def test_a_run_whose_slot_was_killed_may_spend_an_attempt_and_no_other_run_may(
    run: MadeUpRun,
) -> None:
    task = str(new_id())
    request = run.request("chaos.long", task)
    run.row(task, "chaos.long", request, state="succeeded", attempt=2, dispatch=2)
    run.entry(task, "task.retrying")
    run.entry(task, "task.succeeded", dispatch=2, attempt=2)
    run.execution(task, end=None, pid=77)
    run.execution(task, dispatch=2, attempt=2, at=1.0)

    assert run.names(task) == {"wrong attempts"}
    run.killed_slot(77)
    assert run.names(task) == set()


def test_a_wait_for_a_slot_that_was_killed_while_it_started_is_no_execution(run: MadeUpRun) -> None:
    task = str(new_id())
    request = run.request("chaos.long", task)
    run.row(task, "chaos.long", request, state="succeeded", dispatch=2)
    run.entry(task, "task.waiting", data={"error": {"type": "SlotUnavailable"}})
    run.entry(task, "task.succeeded", dispatch=2)
    run.execution(task, dispatch=2, at=1.0)

    assert run.names(task) == {"wrong waits", "outcome without execution"}
    run.killed_slot(77)
    assert run.names(task) == set()


def test_a_job_waits_once_less_where_its_message_vanished_before_it_ran(run: MadeUpRun) -> None:
    # Given a job that waits in its first two dispatches, and that ended in the third
    task = str(new_id())
    request = run.request("chaos.waiting", task, payload={"times": 2})
    run.row(task, "chaos.waiting", request, state="succeeded", dispatch=3)
    run.entry(task, "task.waiting", dispatch=2, data={"error": {"type": "Unavailable"}})
    run.entry(task, "task.succeeded", dispatch=3)
    run.execution(task, dispatch=2, at=1.0, end="raised Unavailable")
    run.execution(task, dispatch=3, at=2.0)
    assert run.names(task) == {"wrong waits", "gap in history"}

    run.entry(task, "task.swept", by_a_run=False, data={"sweeps": 1})

    assert run.names(task) == set()


def test_too_many_attempts_are_noticed(run: MadeUpRun) -> None:
    task = failing_task(run, attempts=4)

    assert "too many attempts" in run.names(task)


def test_a_success_with_the_result_of_another_attempt_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.quick")

    run.sql("""UPDATE tasks SET result = '{"attempt": 2}' WHERE id = %s""", task)

    assert run.names(task) == {"wrong result"}


# --- history ------------------------------------------------------------------------------------


def test_a_second_outcome_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.quick")

    run.entry(task, "task.failed")

    assert "second outcome" in run.names(task)


def test_an_end_that_the_history_does_not_know_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.quick")

    run.sql("DELETE FROM task_history WHERE task_id = %s", task)

    assert run.names(task) == {"no outcome"}


def test_a_dispatch_that_was_skipped_is_noticed(run: MadeUpRun) -> None:
    task = failing_task(run)

    run.sql("DELETE FROM task_history WHERE task_id = %s AND dispatch = 2", task)

    assert {"gap in history", "wrong attempts"} <= run.names(task)


def test_an_attempt_that_was_counted_twice_is_noticed(run: MadeUpRun) -> None:
    task = failing_task(run)

    run.sql("UPDATE task_history SET attempt = 3 WHERE task_id = %s AND dispatch = 2", task)

    assert "wrong attempt" in run.names(task)


# --- executions ---------------------------------------------------------------------------------


def test_an_unexplained_second_execution_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.quick")
    run.fault("kill", "chaos-worker-2", 0.5, 1.0)
    run.fault("kill", "recorder", 0.5, 1.0)
    run.fault("freeze", "chaos-worker", 5.0, 6.0)

    run.execution(task, at=2.0, process="chaos-worker-2")

    assert run.names() == {"unexplained second execution"}


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("kill", "chaos-worker"),
        ("cut", "chaos-worker>rabbitmq"),
        ("kill-server", "rabbitmq"),
        ("kill", "relay-2"),
        ("cut", "relay>postgres"),
        ("kill-server", "postgres"),
    ],
)
def test_a_second_execution_after_a_fault_is_explained(
    run: MadeUpRun, kind: str, target: str
) -> None:
    task = run.task("chaos.quick")

    run.fault(kind, target, 0.5, 1.0)
    run.execution(task, at=2.0, process="chaos-worker-2")

    assert run.violations() == []


@pytest.mark.parametrize(
    ("kind", "target", "began"),
    [
        ("kill", "chaos-worker", 8.0),
        ("terminate", "chaos-worker", 0.0),
        ("delay", "chaos-worker>rabbitmq", 0.0),
        ("kill", "relay", 8.0),
        ("cut", "recorder>rabbitmq", 0.0),
    ],
)
def test_what_came_too_late_or_does_no_harm_explains_no_second_execution(
    run: MadeUpRun, kind: str, target: str, began: float
) -> None:
    run.task("chaos.quick")
    task = run.task("chaos.quick")

    run.fault(kind, target, began, began + 0.5)
    run.execution(task, at=9.0)

    assert run.names(task) == {"unexplained second execution"}


def test_a_second_execution_of_an_injected_duplicate_is_explained_and_of_another_is_not(
    run: MadeUpRun,
) -> None:
    one, other = run.task("chaos.quick"), run.task("chaos.quick")
    run.duplicate(f"{one}.1.1", at=1.0)

    for task in (one, other):
        run.execution(task, at=2.0)

    assert [violation.task for violation in run.violations()] == [other]


def test_an_outcome_that_nobody_came_to_is_noticed(run: MadeUpRun) -> None:
    task = str(new_id())
    run.row(task, "chaos.quick", run.request("chaos.quick", task), state="succeeded")

    run.entry(task, "task.succeeded")

    assert run.names(task) == {"outcome without execution"}


def test_a_success_of_an_execution_that_was_killed_is_noticed(run: MadeUpRun) -> None:
    task = str(new_id())
    run.row(task, "chaos.quick", run.request("chaos.quick", task), state="succeeded")
    run.entry(task, "task.succeeded")

    run.execution(task, end=None)

    assert run.names(task) == {"success without execution"}


def test_an_execution_of_a_dispatch_that_was_never_issued_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.quick")

    run.execution(task, dispatch=2, attempt=2)

    assert run.names(task) == {"execution ahead of its task"}


def test_a_start_before_its_time_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.quick", delay=3.0, due_at="now")

    run.execution(task, wall=time.time() - 2)

    assert "too early" in run.names(task)


# --- leftovers ----------------------------------------------------------------------------------


def test_a_row_that_was_never_taken_out_of_the_outbox_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.quick")

    run.sql(
        "INSERT INTO outbox (task_id, generation, dispatch, attempt, kind, version, queue,"
        " customer_id) SELECT id, 1, 2, 2, kind, 1, queue, customer_id FROM tasks WHERE id = %s",
        task,
    )

    assert run.names(task) == {"left in outbox"}


def test_custody_that_was_never_given_up_is_noticed(run: MadeUpRun) -> None:
    task = run.task("chaos.quick")

    run.sql(
        "INSERT INTO in_flight (task_id, generation, dispatch, queue) VALUES (%s, 1, 1, 'q')", task
    )

    assert run.names(task) == {"left in in_flight"}


@pytest.mark.parametrize("queue", ["chaos.low", "warren.status", "warren.dead"])
def test_messages_that_nobody_took_are_noticed(run: MadeUpRun, queue: str) -> None:
    run.queues[queue] = 1

    assert run.names() == {"messages left"}


def test_a_status_that_could_not_be_recorded_is_noticed(run: MadeUpRun) -> None:
    run.sql(
        "INSERT INTO quarantined_status (queue, body, error) VALUES ('warren.status', '{}', 'bad')"
    )

    assert run.names() == {"quarantined status"}
