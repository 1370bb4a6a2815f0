"""Temporary folders that do not outlive their owners."""

import subprocess
import sys
from pathlib import Path

import pytest

from warren.worker.scratch import ScratchFolder, sweep_abandoned

OWNER = """
import threading
from warren.worker.scratch import ScratchFolder
folder = ScratchFolder()
(folder.path / "model.bin").write_text("large")
print(folder.path, flush=True)
threading.Event().wait(60)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def test_a_folder_goes_with_all_that_is_in_it() -> None:
    folder = ScratchFolder()
    (folder.path / "file").touch()

    folder.remove()

    assert not folder.path.exists()


def test_what_a_killed_process_left_is_swept_and_what_is_in_use_stays(temporary: Path) -> None:
    # Given a folder in use by another process, one of our own, and a file of somebody else
    mine = ScratchFolder()
    (temporary / "other").touch()
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True) as it:
        assert it.stdout is not None
        theirs = Path(it.stdout.readline().strip())
        assert sweep_abandoned() == 0
        assert theirs.exists()
        # When the other process is killed
        it.kill()
    # Then its folder alone is swept
    assert sweep_abandoned() == 1
    assert not theirs.exists()
    assert mine.path.exists()
    assert (temporary / "other").exists()
    mine.remove()
