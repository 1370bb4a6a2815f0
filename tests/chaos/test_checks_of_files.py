"""The checks notice what breaks the promises about files."""

import json
from pathlib import Path

import pytest

from tests.chaos.checks import violations
from tests.chaos.made_up_run import MadeUpRun

pytestmark = [pytest.mark.postgres]


@pytest.fixture
def run(tmp_path: Path, database_url: str) -> MadeUpRun:
    """An empty run."""
    return MadeUpRun(tmp_path, database_url)


def test_a_missing_file_is_noticed(run: MadeUpRun) -> None:
    task, path = run.file_task()

    path.unlink()

    assert run.names(task) == {"missing file"}


def test_a_corrupt_file_is_noticed(run: MadeUpRun) -> None:
    task, path = run.file_task()

    path.write_bytes(b"\0" * 100)

    assert run.names(task) == {"corrupt file"}


def test_a_file_without_owner_is_noticed_where_the_run_came_to_rest_and_was_cleaned_up(
    run: MadeUpRun,
) -> None:
    path = run.store(b"nobody's")

    (violation,) = run.violations()

    assert violation.name == "file without owner"
    assert path.name in violation.message
    assert "file without owner" not in {v.name for v in violations(run.evidence(rest=None))}


def test_what_a_cancelled_task_has_saved_before_is_no_longer_there_after_a_clean_up(
    run: MadeUpRun,
) -> None:
    task, path = run.file_task()
    run.sql("DELETE FROM artifacts")
    run.sql("UPDATE tasks SET state = 'cancelled', result = NULL WHERE id = %s", task)

    assert "file without owner" in run.names()
    path.unlink()
    assert "file without owner" not in run.names()


def test_a_file_that_the_payload_of_a_task_names_may_stay_and_no_other(run: MadeUpRun) -> None:
    named = run.store(b"to be taken in")
    task = run.task("chaos.quick")
    payload = json.dumps({"rows": {"sha256": named.name}})
    run.sql("UPDATE tasks SET payload = %s WHERE id = %s", payload, task)
    assert run.violations() == []

    run.store(b"other rows")

    assert run.names() == {"file without owner"}


def test_a_file_that_has_expired_is_gone_with_its_row_after_the_clean_up(run: MadeUpRun) -> None:
    task, path = run.file_task()
    run.expire(task)
    assert run.names(task) == {"wrong files"}

    run.sql("DELETE FROM artifacts")
    assert run.names() == {"file without owner"}

    path.unlink()
    assert run.violations() == []


def test_a_clean_up_that_was_refused_or_has_failed_or_could_not_delete_all_is_noticed(
    run: MadeUpRun,
) -> None:
    task = run.clean_up()
    assert run.violations() == []

    run.sql("""UPDATE tasks SET result = '{"errors": ["the disk is read-only"]}'""")
    assert run.names(task) == {"no clean-up"}
    run.sql("UPDATE tasks SET state = 'failed', error = '{}'")
    assert "no clean-up" in run.names(task)
    run.demand("last-clean-up", None, code=503)
    assert "no clean-up" in {v.name for v in run.violations() if v.task is None}


def test_a_clean_up_amid_faults_may_be_refused_and_be_kept_from_its_work_by_a_full_disk_only(
    run: MadeUpRun,
) -> None:
    task = run.clean_up("clean-up")
    run.demand("clean-up", None, code=503)
    assert run.violations() == []

    run.sql("""UPDATE tasks SET result = '{"errors": ["no space left on device"]}'""")
    assert run.names(task) == {"no clean-up"}
    run.fault("fill-disk", "artifacts", 0.0, 1.0)
    assert run.violations() == []
    run.sql("UPDATE tasks SET state = 'failed', error = '{}'")
    assert "no clean-up" in run.names(task)


def test_a_file_that_lies_in_the_trash_is_not_missing_as_a_reader_brings_it_back(
    run: MadeUpRun,
) -> None:
    task, path = run.file_task()
    thrown = run.artifacts / "trash" / path.relative_to(run.artifacts)
    thrown.parent.mkdir(parents=True)

    path.rename(thrown)
    assert run.violations() == []

    thrown.write_bytes(b"something else")
    assert run.names(task) == {"corrupt file"}


def test_an_upload_that_a_task_names_must_stay_and_another_must_go(run: MadeUpRun) -> None:
    named = run.upload(b"read by a task", named=True)
    other = run.upload(b"read by nobody", named=False)
    assert run.names() == {"upload kept"}

    run.sql("DELETE FROM artifacts WHERE id = %s", other)
    assert run.names() == {"file without owner"}
    run.sql("DELETE FROM artifacts WHERE id = %s", named)
    assert "missing file" in run.names()


def test_a_clean_up_that_nobody_asked_for_is_noticed(run: MadeUpRun) -> None:
    run.chore("api.clean_artifacts")
    assert run.violations() == []
    run.sql("DELETE FROM schedule_fires")

    assert run.names() == {"unexplained task"}


def test_a_success_without_its_file_is_noticed(run: MadeUpRun) -> None:
    task, _ = run.file_task()

    run.sql("DELETE FROM artifacts WHERE task_id = %s", task)

    assert run.names(task) == {"wrong files"}


def test_another_task_s_content_is_noticed(run: MadeUpRun) -> None:
    task, _ = run.file_task(size=100)
    other, _ = run.file_task(size=100)

    run.sql(
        "UPDATE artifacts SET sha256 = (SELECT sha256 FROM artifacts WHERE task_id = %s)"
        " WHERE task_id = %s",
        *[other, task],
    )

    assert run.names(task) == {"wrong content"}


def test_what_several_tasks_save_has_to_have_the_content_of_its_name(run: MadeUpRun) -> None:
    task, _ = run.file_task(of="r")
    run.file_task(of="r")
    assert run.violations() == []

    run.sql("UPDATE artifacts SET sha256 = %s", run.store(b"a" * 100).name)

    assert "wrong content" in run.names(task)
