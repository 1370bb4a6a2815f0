"""Where no disk may be mounted, the store of a run is as full as one would be."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.faults.disk import make_full
from tests.chaos.mutations.limited_store import LimitedFolder
from warren.artifacts import ArtifactStore, StoreUnavailable
from warren.contracts.ids import new_id

LIMIT = 1 << 20


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(LimitedFolder(tmp_path, LIMIT))


def test_what_exceeds_the_limit_is_refused_and_leaves_nothing_behind(
    store: ArtifactStore, tmp_path: Path
) -> None:
    kept = store.put(b"x" * (LIMIT // 2))

    with pytest.raises(StoreUnavailable, match="No space left on device"):
        store.put(iter([b"y" * (LIMIT // 4), b"z" * (LIMIT // 2)]))

    assert [file.sha256 for file in store.contents(-1)] == [kept.sha256]
    assert not any((tmp_path / "incoming").iterdir())


def test_a_store_that_was_filled_takes_nothing_until_there_is_room_again(
    store: ArtifactStore, tmp_path: Path
) -> None:
    kept = store.put(b"before")
    ballast = tmp_path / "ballast"
    make_full(ballast, LIMIT)

    with pytest.raises(StoreUnavailable):
        store.put(b"meanwhile")
    with pytest.raises(StoreUnavailable):
        store.put_manifest(new_id(), "result", {})
    assert store.read(kept.sha256) == b"before"

    ballast.unlink()
    assert store.read(store.put(b"afterwards").sha256) == b"afterwards"


def test_what_goes_while_the_others_are_counted_is_no_fault(
    store: ArtifactStore, tmp_path: Path
) -> None:
    # Listed, and not there when it is looked at
    (tmp_path / "incoming").mkdir()
    (tmp_path / "incoming" / "gone").symlink_to(tmp_path / "nowhere")

    assert store.read(store.put(b"content").sha256) == b"content"


def test_every_process_of_a_run_without_a_disk_of_its_own_has_such_a_store(tmp_path: Path) -> None:
    opened = "from warren.artifacts import open_store; print(open_store('a')._backend)"

    done = subprocess.run(
        [sys.executable, "-c", opened],
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parent / "mutations"),
            "CHAOS_STORE_LIMIT": str(LIMIT),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert "LimitedFolder" in done.stdout
