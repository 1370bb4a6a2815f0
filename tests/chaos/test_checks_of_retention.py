"""The checks notice what is kept too long, and what goes too early."""

from pathlib import Path

import pytest

from tests.chaos.checks import violations
from tests.chaos.made_up_run import MadeUpRun

pytestmark = [pytest.mark.postgres]

_CLEAN = "UPDATE tasks SET cleaned_at = now(), payload = '{}', result = NULL WHERE id = %s"


@pytest.fixture
def run(tmp_path: Path, database_url: str) -> MadeUpRun:
    """An empty run."""
    return MadeUpRun(tmp_path, database_url)


def test_what_is_kept_for_no_time_and_was_not_cleaned_is_noticed_at_rest(run: MadeUpRun) -> None:
    task, path = run.file_task(kind="chaos.brief")

    assert run.names(task) == {"kept too long"}
    assert "kept too long" not in {v.name for v in violations(run.evidence(rest=None))}

    run.sql("DELETE FROM artifacts")
    run.sql(_CLEAN, task)
    path.unlink()
    assert run.violations() == []


def test_of_what_was_cleaned_nothing_but_the_summary_may_be_left(run: MadeUpRun) -> None:
    task, path = run.file_task(kind="chaos.brief")
    run.sql("UPDATE tasks SET cleaned_at = now() WHERE id = %s", task)
    assert "half cleaned" in run.names(task)

    run.sql(_CLEAN, task)
    assert "half cleaned" in run.names(task)

    run.sql("DELETE FROM artifacts")
    assert run.names() == {"file without owner"}
    path.unlink()
    run.outcome(task)
    assert run.names() == {"half cleaned"}
    run.sql("DELETE FROM tasks")
    assert "lost task" in run.names(task)


def test_what_has_longer_to_stay_and_what_lives_must_not_be_cleaned(run: MadeUpRun) -> None:
    other = run.task("chaos.quick")
    run.sql(_CLEAN, other)
    assert "cleaned too early" in run.names(other)

    live = run.task("chaos.brief", payload={"size": 1})
    run.sql(_CLEAN, live)
    assert run.names(live) == set()
    run.sql("UPDATE tasks SET state = 'pending' WHERE id = %s", live)
    assert "cleaned too early" in run.names(live)


def test_a_retry_in_bulk_may_leave_out_what_was_cleaned(run: MadeUpRun) -> None:
    task = run.task("chaos.brief", state="cancelled", payload={"size": 1}, ago=200)
    run.demand("cancel", task)
    run.sql("UPDATE tasks SET finished_at = now() - interval '100 seconds' WHERE id = %s", task)
    run.sql("UPDATE tasks SET cleaned_at = now(), payload = '{}', result = NULL")
    action = run.action(
        "api.bulk_retry", {"kind": "chaos.brief", "state": ["cancelled"]}, "bulk-retry"
    )
    assert run.violations() == []

    run.sql("UPDATE tasks SET cleaned_at = NULL WHERE id <> %s", action)

    assert "left out" in run.names(task)
