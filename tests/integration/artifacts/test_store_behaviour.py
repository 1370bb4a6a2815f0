"""What every artifact store promises, checked on a local folder and on an S3-compatible server."""

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from warren.artifacts import (
    ArtifactMissing,
    ArtifactStore,
    ArtifactTooLarge,
    CorruptArtifact,
    StoreUnavailable,
    open_store,
)
from warren.artifacts.backend import Backend
from warren.artifacts.folder import FolderBackend
from warren.artifacts.naming import content_name
from warren.artifacts.opening import S3Settings
from warren.contracts.ids import new_id

TASK = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
MEGABYTE = 1024 * 1024


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class StoreBehaviour:
    """Inherited by one class for each place; they give `store` and `backend`."""

    def test_content_is_read_back_by_its_hash(self, store: ArtifactStore) -> None:
        stored = store.put(b"some content")
        assert stored.sha256 == sha256(b"some content")
        assert stored.size == 12
        assert store.read(stored.sha256) == b"some content"
        assert store.stat(stored.sha256) == stored

    def test_a_read_restores_what_was_discarded(self, store: ArtifactStore) -> None:
        stored = store.put(b"still wanted")
        assert store.discard(stored.sha256)
        assert list(store.contents(-60.0)) == []

        assert store.read(stored.sha256) == b"still wanted"

        # And it stays, whatever becomes of the trash
        store.purge(stored.sha256)
        assert store.stat(stored.sha256) == stored

    def test_asking_for_the_size_restores_too(self, store: ArtifactStore) -> None:
        stored = store.put(b"still wanted")
        store.discard(stored.sha256)
        assert store.stat(stored.sha256) == stored
        assert list(store.contents(-60.0)) == [stored]

    def test_discarded_during_a_read_content_is_read_to_its_end(self, store: ArtifactStore) -> None:
        content = bytes(range(256)) * (20 * MEGABYTE // 256)
        stored = store.put(content)
        chunks = store.open(stored.sha256)
        first = next(chunks)

        store.discard(stored.sha256)

        assert first + b"".join(chunks) == content

    def test_what_is_not_there_cannot_be_discarded(self, store: ArtifactStore) -> None:
        stored = store.put(b"once")
        assert store.discard(stored.sha256) == stored
        assert not store.discard(stored.sha256)

    def test_what_was_purged_is_gone(self, store: ArtifactStore) -> None:
        stored = store.put(b"not wanted")
        store.discard(stored.sha256)
        store.purge(stored.sha256)
        store.purge(stored.sha256)
        with pytest.raises(ArtifactMissing):
            store.read(stored.sha256)

    def test_fresh_content_is_not_listed_among_the_old(self, store: ArtifactStore) -> None:
        stored = store.put(b"fresh")
        assert list(store.contents(3600.0)) == []
        assert list(store.contents(-60.0)) == [stored]

    def test_empty_content_is_content(self, store: ArtifactStore) -> None:
        stored = store.put(b"")
        assert store.read(stored.sha256) == b""
        assert store.stat(stored.sha256).size == 0

    def test_content_arrives_in_pieces(self, store: ArtifactStore) -> None:
        stored = store.put(piece for piece in (b"one ", b"", b"two ", b"three"))
        assert store.read(stored.sha256) == b"one two three"

    def test_content_comes_from_a_file(self, store: ArtifactStore, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_bytes(bytes(range(256)) * 4096)
        stored = store.put(path)
        assert store.read(stored.sha256) == path.read_bytes()

    def test_large_content_is_read_in_more_than_one_chunk(self, store: ArtifactStore) -> None:
        pieces = [bytes([number]) * MEGABYTE for number in range(20)]
        stored = store.put(iter(pieces))
        chunks = list(store.open(stored.sha256))
        assert len(chunks) > 1
        assert b"".join(chunks) == b"".join(pieces)

    def test_the_same_content_may_be_put_again(self, store: ArtifactStore) -> None:
        assert store.put(b"twice") == store.put(iter([b"twi", b"ce"]))
        assert store.read(sha256(b"twice")) == b"twice"

    def test_what_is_missing_is_reported_before_the_first_chunk(self, store: ArtifactStore) -> None:
        unknown = sha256(b"never stored")
        with pytest.raises(ArtifactMissing, match=unknown):
            store.open(unknown)
        with pytest.raises(ArtifactMissing, match=unknown):
            store.stat(unknown)

    @pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63])
    def test_what_is_no_hash_is_missing(self, store: ArtifactStore, name: str) -> None:
        with pytest.raises(ArtifactMissing):
            store.open(name)

    def test_a_corrupt_file_never_comes_out_whole(
        self, store: ArtifactStore, backend: Backend
    ) -> None:
        # Given a large file of which one byte has changed
        content = bytearray(20 * MEGABYTE)
        stored = store.put(bytes(content))
        content[-1] ^= 1
        backend.write([bytes(content)], lambda: content_name(stored.sha256))
        # When it is read
        received = bytearray()
        with pytest.raises(CorruptArtifact, match=stored.sha256):
            deque(map(received.extend, store.open(stored.sha256)), maxlen=0)
        # Then the last chunk was not handed out
        assert len(received) < len(content)

    def test_a_truncated_file_is_corrupt(self, store: ArtifactStore, backend: Backend) -> None:
        stored = store.put(b"all of it")
        backend.write([b"all of"], lambda: content_name(stored.sha256))
        with pytest.raises(CorruptArtifact):
            store.read(stored.sha256)

    def test_putting_again_heals_a_corrupt_file(
        self, store: ArtifactStore, backend: Backend
    ) -> None:
        stored = store.put(b"healthy")
        backend.write([b"ill"], lambda: content_name(stored.sha256))
        store.put(b"healthy")
        assert store.read(stored.sha256) == b"healthy"

    def test_too_large_content_is_refused_and_not_stored(self, store: ArtifactStore) -> None:
        with pytest.raises(ArtifactTooLarge, match="larger than 9 bytes"):
            store.put(iter([b"12345", b"67890"]), max_size=9)
        with pytest.raises(ArtifactMissing):
            store.stat(sha256(b"1234567890"))
        assert store.put(b"123456789", max_size=9).size == 9

    def test_an_upload_that_breaks_off_leaves_nothing(self, store: ArtifactStore) -> None:
        def breaks_off() -> Iterator[bytes]:
            yield b"first half"
            raise ConnectionResetError("the caller hung up")

        with pytest.raises(ConnectionResetError):
            store.put(breaks_off())
        with pytest.raises(ArtifactMissing):
            store.stat(sha256(b"first half"))

    def test_a_checked_copy_lands_in_a_folder(self, store: ArtifactStore, tmp_path: Path) -> None:
        stored = store.put(b"to be copied")
        copy = store.fetch(stored.sha256, tmp_path / "copies")
        assert copy.parent == tmp_path / "copies"
        assert copy.read_bytes() == b"to be copied"

    def test_a_corrupt_file_is_not_copied(
        self, store: ArtifactStore, backend: Backend, tmp_path: Path
    ) -> None:
        stored = store.put(b"to be copied")
        backend.write([b"to be c0pied"], lambda: content_name(stored.sha256))
        with pytest.raises(CorruptArtifact):
            store.fetch(stored.sha256, tmp_path / "copies")
        assert list((tmp_path / "copies").iterdir()) == []

    def test_deleted_content_is_missing(self, store: ArtifactStore) -> None:
        stored = store.put(b"short-lived")
        store.delete(stored.sha256)
        store.delete(stored.sha256)
        with pytest.raises(ArtifactMissing):
            store.read(stored.sha256)

    def test_the_first_manifest_of_a_step_stands(self, store: ArtifactStore) -> None:
        assert store.get_manifest(TASK, "audio") is None
        assert store.put_manifest(TASK, "audio", {"sha256": "first"}) == {"sha256": "first"}
        assert store.put_manifest(TASK, "audio", {"sha256": "second"}) == {"sha256": "first"}
        assert store.get_manifest(TASK, "audio") == {"sha256": "first"}

    @pytest.mark.parametrize(
        "step", ["effect:charge/1", "..", ".hidden", "100 %", "шаг", "a%2Fb", "a" * 200]
    )
    def test_any_text_can_be_a_step(self, store: ArtifactStore, step: str) -> None:
        store.put_manifest(TASK, step, {"step": step})
        assert store.get_manifest(TASK, step) == {"step": step}
        assert store.get_manifest(new_id(), step) is None

    def test_the_manifests_of_one_task_are_deleted_and_no_others(
        self, store: ArtifactStore
    ) -> None:
        other = new_id()
        for task in (TASK, other):
            store.put_manifest(task, "outcome", {"result": {"text": "theirs"}})
            store.put_manifest(task, "effect:a/b", {"receipt": 1})

        store.delete_manifests(TASK)
        store.delete_manifests(TASK)

        assert store.get_manifest(TASK, "outcome") is None
        assert store.get_manifest(TASK, "effect:a/b") is None
        assert store.get_manifest(other, "effect:a/b") == {"receipt": 1}

    def test_one_manifest_of_a_task_is_forgotten_and_may_be_recorded_anew(
        self, store: ArtifactStore
    ) -> None:
        task = new_id()
        store.put_manifest(task, "outcome", {"result": 1})
        store.put_manifest(task, "effect:a", {"receipt": 1})

        store.forget_manifest(task, "outcome")
        store.forget_manifest(task, "outcome")

        assert store.get_manifest(task, "effect:a") == {"receipt": 1}
        assert store.put_manifest(task, "outcome", {"result": 2}) == {"result": 2}

    def test_what_was_recorded_is_listed_by_its_age_those_of_one_task_together(
        self, store: ArtifactStore
    ) -> None:
        one, other = new_id(), new_id()
        for task, step in [(one, "outcome"), (other, "outcome"), (one, "effect:a/b")]:
            store.put_manifest(task, step, {})

        listed = list(store.manifests(-60.0))

        assert {*listed} == {(one, "outcome"), (one, "effect:a/b"), (other, "outcome")}
        assert len({listed[0][0], listed[2][0]}) == len({one, other})
        assert list(store.manifests(3600.0)) == []

    def test_of_many_writers_of_a_manifest_one_wins(self, store: ArtifactStore) -> None:
        # Given eight writers that start at the same moment
        start = threading.Barrier(8)

        def write(number: int) -> dict[str, Any]:
            start.wait(timeout=10)
            return store.put_manifest(TASK, "race", {"writer": number})

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(write, range(8)))
        # Then all were told the same winner
        assert answers == [store.get_manifest(TASK, "race")] * 8

    def test_a_manifest_that_is_no_json_is_corrupt(
        self, store: ArtifactStore, backend: Backend
    ) -> None:
        backend.create(f"manifests/{TASK}/audio.json", b'{"half": ')
        with pytest.raises(CorruptArtifact, match="run the task again"):
            store.get_manifest(TASK, "audio")

    def test_writers_of_the_same_content_do_not_disturb_each_other(
        self, store: ArtifactStore
    ) -> None:
        content = bytes(MEGABYTE)

        def write(_: int) -> bytes:
            return store.read(store.put(content).sha256)

        with ThreadPoolExecutor(4) as pool:
            assert all(read == content for read in pool.map(write, range(12)))

    def test_sweeping_spares_what_is_being_written(self, store: ArtifactStore) -> None:
        def swept_meanwhile() -> Iterator[bytes]:
            yield b"before "
            assert store.sweep_temporaries() == 0
            yield b"after"

        assert store.read(store.put(swept_meanwhile()).sha256) == b"before after"


def backend_of(store: ArtifactStore) -> Backend:
    return store._backend  # the tests damage files behind the store's back


class TestFolderStore(StoreBehaviour):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ArtifactStore:
        return open_store(str(tmp_path / "store"))

    @pytest.fixture
    def backend(self, store: ArtifactStore) -> Backend:
        return backend_of(store)


class TestBucketStore(StoreBehaviour):
    @pytest.fixture
    def store(self, bucket_url: str, s3_settings: S3Settings) -> ArtifactStore:
        return open_store(bucket_url, s3=s3_settings)

    @pytest.fixture
    def backend(self, store: ArtifactStore) -> Backend:
        return backend_of(store)

    def test_a_bucket_that_does_not_exist_is_named(self, s3_settings: S3Settings) -> None:
        store = open_store("s3://no-such-bucket/prefix", s3=s3_settings)
        with pytest.raises(StoreUnavailable, match="no-such-bucket"):
            store.put(b"content")

    def test_a_server_that_does_not_answer_is_unavailable(
        self, s3_settings: S3Settings, unused_port: int
    ) -> None:
        away = s3_settings.model_copy(
            update={"endpoint": f"http://127.0.0.1:{unused_port}", "timeout": 1.0}
        )
        store = open_store("s3://bucket", s3=away)
        for attempt in attempts(store):
            with pytest.raises(StoreUnavailable, match="reachable"):
                attempt()


def attempts(store: ArtifactStore) -> list[Callable[[], object]]:
    return [
        lambda: store.put(b"content"),
        lambda: store.read(sha256(b"content")),
        lambda: store.put_manifest(TASK, "step", {}),
    ]


def test_both_stores_use_the_same_names(
    tmp_path: Path, bucket_url: str, s3_settings: S3Settings
) -> None:
    # Given the same content in a folder and in a bucket
    folder, bucket = open_store(str(tmp_path)), open_store(bucket_url, s3=s3_settings)
    stored = folder.put(b"moved house")
    bucket.put(b"moved house")
    # Then each finds it under the name that the other gave it
    name = content_name(stored.sha256)
    assert b"".join(FolderBackend(tmp_path).read(name)) == b"moved house"
    assert b"".join(backend_of(bucket).read(name)) == b"moved house"
