"""The checks notice what breaks the promises about files."""

from pathlib import Path

import pytest

from tests.chaos.made_up_run import MadeUpRun
from tests.chaos.made_up_services import MadeUpServices

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


def test_what_a_cancelled_task_has_saved_before_is_left_to_the_clean_up(run: MadeUpRun) -> None:
    task, _ = run.file_task()
    run.sql("DELETE FROM artifacts")

    assert "file without owner" in run.names()
    run.sql("UPDATE tasks SET state = 'cancelled', result = NULL WHERE id = %s", task)
    assert "file without owner" not in run.names()


def test_a_file_without_owner_is_noticed(run: MadeUpRun) -> None:
    path = run.store(b"nobody's")

    (violation,) = run.violations()

    assert violation.name == "file without owner"
    assert path.name in violation.message


def test_a_write_that_nobody_knows_of_excuses_its_own_text_and_no_other(run: MadeUpRun) -> None:
    MadeUpServices(run).lose("documents", said={"source": "s", "text": "words"})
    run.store(b"words")
    assert run.violations() == []

    run.store(b"other words")

    assert run.names() == {"file without owner"}


def test_an_import_excuses_one_file_of_rows_and_no_other(run: MadeUpRun) -> None:
    MadeUpServices(run).lose("faqs", "import")
    run.store(b'{"row": 1}\n')
    assert run.violations() == []

    run.store(b'{"row": 2}\n')

    assert run.names() == {"file without owner"}


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
