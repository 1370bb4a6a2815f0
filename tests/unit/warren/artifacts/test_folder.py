import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest

from warren.artifacts import StoreUnavailable, open_store

TASK = UUID("01890a5d-ac96-774b-bcce-b302099a8057")

ENDLESS_WRITER = """
import itertools, sys
from warren.artifacts import open_store

def endless():
    for number in itertools.count():
        yield bytes(1_000_000)
        if number == 3:
            print("writing", flush=True)
            sys.stdin.read()

open_store(sys.argv[1]).put(endless())
"""


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def open_file_count() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """As on a full disk, writes beyond `size` bytes fail (with EFBIG instead of ENOSPC)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_content_lies_under_its_hash(tmp_path: Path) -> None:
    stored = open_store(str(tmp_path)).put(b"content")
    folder = tmp_path / "sha256" / stored.sha256[:2] / stored.sha256[2:4]
    assert (folder / stored.sha256).read_bytes() == b"content"
    assert files_in(tmp_path) == [str((folder / stored.sha256).relative_to(tmp_path))]


def test_manifests_lie_under_their_task(tmp_path: Path) -> None:
    open_store(str(tmp_path)).put_manifest(TASK, "audio", {"answer": 42})
    assert files_in(tmp_path) == [f"manifests/{TASK}/audio.json"]
    assert (tmp_path / f"manifests/{TASK}/audio.json").read_text() == '{"answer":42}'


def test_a_step_cannot_leave_the_folder_of_its_task(tmp_path: Path) -> None:
    open_store(str(tmp_path)).put_manifest(TASK, "../../../escaped", {})
    assert files_in(tmp_path) == [f"manifests/{TASK}/%2E.%2F..%2F..%2Fescaped.json"]


@pytest.mark.parametrize("step", ["", "a" * 201])
def test_a_step_that_cannot_be_a_file_name_is_refused(tmp_path: Path, step: str) -> None:
    with pytest.raises(ValueError, match="1 to 200 characters"):
        open_store(str(tmp_path)).put_manifest(TASK, step, {})


def test_a_full_disk_is_unavailable_and_leaves_nothing(tmp_path: Path) -> None:
    # Given a disk that takes no more than 100 kB
    store = open_store(str(tmp_path))
    with files_limited_to(100_000):
        # When more is put, then the error says what to do
        with pytest.raises(StoreUnavailable, match="Free space") as failure:
            store.put(bytes(10_000) for _ in range(20))
        assert failure.value.retry_after
        # And nothing is left, so that small files still fit
        assert files_in(tmp_path) == []
        assert store.read(store.put(b"small").sha256) == b"small"


def test_a_folder_that_is_a_file_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("in the way")
    store = open_store(str(tmp_path / "store"))
    with pytest.raises(StoreUnavailable, match="WARREN_ARTIFACTS_URL"):
        store.put(b"content")


def test_a_killed_writer_leaves_no_content_and_its_rest_is_swept(tmp_path: Path) -> None:
    # Given a writer that is killed in the middle of a file
    writer = subprocess.Popen(
        [sys.executable, "-c", ENDLESS_WRITER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"writing\n"
        writer.send_signal(signal.SIGKILL)
    left = files_in(tmp_path)
    assert len(left) == 1
    assert left[0].startswith("incoming/")
    # When the folder is swept at once, then what is young stays
    store = open_store(str(tmp_path))
    assert store.sweep_temporaries() == 0
    # When it is more than an hour old, then it goes, and the stored files stay
    store.put(b"kept")
    two_hours_ago = time.time() - 7200
    for name in files_in(tmp_path):
        os.utime(tmp_path / name, (two_hours_ago, two_hours_ago))
    assert store.sweep_temporaries() == 1
    assert [name.split("/")[0] for name in files_in(tmp_path)] == ["sha256"]


def test_sweeping_a_store_without_files_does_nothing(tmp_path: Path) -> None:
    assert open_store(str(tmp_path / "absent")).sweep_temporaries() == 0


def test_an_abandoned_reader_closes_its_file(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    stored = store.put(bytes(1_000_000))
    before = open_file_count()
    chunks = store.open(stored.sha256)
    next(chunks)
    chunks.close()
    store.open(stored.sha256)  # never started
    assert open_file_count() == before


def test_large_content_passes_in_constant_memory(tmp_path: Path) -> None:
    # Given a process of its own, whose peak memory can be read
    script = (
        "import re, sys\n"
        "from pathlib import Path\n"
        "from warren.artifacts import open_store\n"
        "store = open_store(sys.argv[1])\n"
        "stored = store.put(bytes(1_000_000) for _ in range(200))\n"
        "assert sum(map(len, store.open(stored.sha256))) == 200_000_000\n"
        # Not getrusage: a child's maximum begins with that of the process that started it.
        "print(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])\n"
    )
    # When 200 MB are written and read
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, check=True, timeout=60
    )
    # Then it never held them
    assert int(done.stdout) < 100_000  # kB
