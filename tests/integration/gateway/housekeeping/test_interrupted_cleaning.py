"""Clean-ups that are killed, that run twice at once, or whose store is away for a while."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.housekeeping.cleaning.jobs import CleanArtifacts, CleanAudio, CleanTasks
from gateway.housekeeping.cleaning.workers import (
    CleanArtifactsWorker,
    CleanAudioWorker,
    CleanTasksWorker,
)
from tests.integration.gateway.housekeeping.conftest import House
from warren.testing.worker import FakeContext

pytestmark = pytest.mark.postgres

_FILES = 250
#: Runs one clean-up, and kills its own process in the middle: when 120 files have been moved, or
#: at the second step.
_KILLED = """
import os, signal
from gateway.housekeeping.cleaning import jobs, workers
from warren.artifacts import ArtifactStore
from warren.testing.worker import FakeContext

left = [120]
discard = ArtifactStore.discard

def discard_and_die(store, sha256):
    moved = discard(store, sha256)
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    return moved

ArtifactStore.discard = discard_and_die
getattr(workers, "{name}Worker")().perform(getattr(jobs, "{name}")(), FakeContext())
"""


def killed_midway(name: str) -> None:
    process = subprocess.run(
        [sys.executable, "-c", _KILLED.format(name=name)],
        env=dict(os.environ),
        timeout=120,
        capture_output=True,
        check=False,
    )
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()


def old_speech(house: House, days: float = 31) -> list[str]:
    return [house.artifact(b"%d" % n, days, house.task(days))[1] for n in range(_FILES)]


def left_over(house: House, contents: list[str]) -> tuple[int, int, int]:
    """Rows, files in their place, and contents that nobody has settled."""
    ((rows,),) = house.database.ask("SELECT count(*) FROM artifacts")
    ((unsettled,),) = house.database.ask(
        "SELECT count(*) FROM discarded_contents WHERE trashed_at IS NULL"
    )
    return rows, sum(map(house.is_stored, contents)), unsettled


def test_cleaning_audio_goes_on_after_a_kill(house: House) -> None:
    contents = old_speech(house)
    young_row, young = house.artifact(b"young", 29, house.task(29))
    killed_midway("CleanAudio")
    assert left_over(house, contents)[1] == _FILES - 120

    report = CleanAudioWorker().perform(CleanAudio(), FakeContext())

    assert report.deleted_files == _FILES - 120
    assert left_over(house, [*contents, young]) == (1, 1, 0)
    assert house.has_row(young_row)


def test_cleaning_tasks_goes_on_after_a_kill(house: House) -> None:
    contents = old_speech(house, 8)
    house.database.ask("UPDATE tasks SET state = 'failed'")
    young = house.task(6, "failed")
    killed_midway("CleanTasks")

    CleanTasksWorker().perform(CleanTasks(), FakeContext())

    assert left_over(house, contents) == (0, 0, 0)
    assert house.database.ask("SELECT id FROM tasks WHERE cleaned_at IS NULL") == [(young,)]


def test_cleaning_artifacts_goes_on_after_a_kill(house: House) -> None:
    uploads = [house.artifact(b"upload %d" % n, 2)[1] for n in range(100)]
    orphans = [house.file(b"orphan %d" % n, 2).sha256 for n in range(100)]
    _, young = house.artifact(b"young", 0.5)
    killed_midway("CleanArtifacts")

    CleanArtifactsWorker().perform(CleanArtifacts(), FakeContext())

    assert left_over(house, [*uploads, *orphans, young]) == (1, 1, 0)


def test_two_clean_ups_at_once_share_the_work(house: House) -> None:
    contents = old_speech(house)
    with ThreadPoolExecutor(2) as threads:
        running = [
            threads.submit(CleanAudioWorker().perform, CleanAudio(), FakeContext())
            for _ in range(2)
        ]
        reports = [run.result(120) for run in running]
    # What one of them had locked when the other came by is settled: both went on until nothing
    # was left, or by the next run
    last = CleanAudioWorker().perform(CleanAudio(), FakeContext())
    assert sum(report.deleted_files for report in [*reports, last]) == _FILES
    assert left_over(house, contents) == (0, 0, 0)


def test_a_store_that_fails_is_reported_and_tried_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = [house.artifact(b"%d" % n, 31, house.task(31))[1] for n in range(3)]
    trash = house.folder / "trash"
    trash.write_text("a file where a folder should be")

    report = CleanAudioWorker().perform(CleanAudio(), FakeContext())

    assert report.deleted_files == 0
    assert "cannot use" in report.errors[0]
    assert sum(map(house.is_stored, contents)) == 3
    trash.unlink()
    assert CleanAudioWorker().perform(CleanAudio(), FakeContext()).deleted_files == 3
