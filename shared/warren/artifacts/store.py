"""The artifact store: what it promises, whatever lies below."""

import os
import tempfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from warren.artifacts.backend import Backend
from warren.artifacts.errors import ArtifactMissing, CorruptArtifact, StoreUnavailable
from warren.artifacts.hashing import Content, HashedChunks, verified
from warren.artifacts.naming import (
    CONTENTS,
    MANIFESTS,
    content_name,
    is_hash,
    manifest_name,
    manifests_of,
    recorded_by,
    trash_name,
)

#: No writer of ours pauses for longer between two chunks (seconds).
ABANDONED_AFTER = 3600.0


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Content in the store; `size` in bytes."""

    sha256: str
    size: int


class ArtifactStore:
    """Files named by the hash of their content, and manifests named by task and step.

    Every method raises StoreUnavailable when the place below cannot be read or written.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def put(self, data: Content, *, max_size: int | None = None) -> StoredFile:
        """Store the content, in constant memory and atomically; the same content is stored once.

        Raises ArtifactTooLarge as soon as it exceeds `max_size` bytes. Then, and when `data`
        itself raises, nothing is left behind.
        """
        chunks = HashedChunks(data, max_size)
        self._backend.write(chunks, lambda: content_name(chunks.sha256))
        return StoredFile(chunks.sha256, chunks.size)

    def open(self, sha256: str) -> Generator[bytes]:
        """The content in chunks, checked on the way.

        Raises ArtifactMissing at once, and CorruptArtifact in place of the last chunk.
        """
        return verified(self._pieces(sha256, self._found(sha256)), sha256)

    def read(self, sha256: str) -> bytes:
        """The whole content; raises ArtifactMissing and CorruptArtifact."""
        return b"".join(self.open(sha256))

    def stat(self, sha256: str) -> StoredFile:
        """What is stored under the hash, without reading it; raises ArtifactMissing."""
        name = content_name(sha256)
        try:
            return StoredFile(sha256, self._backend.size(name))
        except FileNotFoundError:
            self.restore(sha256)
        try:
            return StoredFile(sha256, self._backend.size(name))
        except FileNotFoundError as error:
            raise _missing(sha256) from error

    def fetch(self, sha256: str, folder: Path) -> Path:
        """A checked copy in a local folder, named by the hash; raises as `open` does."""
        chunks = self.open(sha256)
        target = folder / sha256
        try:
            _write_file(chunks, target)
        except OSError as error:
            raise StoreUnavailable(f"cannot copy artifact {sha256} to {folder}: {error}") from error
        return target

    def delete(self, sha256: str) -> None:
        """Remove the content for good; no error if it is gone already."""
        self._backend.delete(content_name(sha256))
        self.purge(sha256)

    def discard(self, sha256: str) -> StoredFile | None:
        """Move the content to the trash, from which any read restores it; None if it is gone."""
        name = content_name(sha256)
        try:
            size = self._backend.size(name)
        except FileNotFoundError:
            return None
        moved = self._backend.move(name, trash_name(sha256))
        return StoredFile(sha256, size) if moved else None

    def restore(self, sha256: str) -> bool:
        """Make content in the trash readable again; False if it is not there.

        It also stays in the trash until that is emptied, so that nothing is lost to somebody who
        discards it at the same moment.
        """
        return self._backend.copy(trash_name(sha256), content_name(sha256))

    def purge(self, sha256: str) -> None:
        """Remove the content from the trash for good; no error if it is not there."""
        self._backend.delete(trash_name(sha256))

    def contents(self, older_than: float) -> Iterator[StoredFile]:
        """All content that was put more than `older_than` seconds ago, but for the trash's."""
        for entry in self._backend.entries(CONTENTS):
            sha256 = entry.name.rpartition("/")[2]
            if entry.age > older_than and is_hash(sha256):
                yield StoredFile(sha256, entry.size)

    def _found(self, sha256: str) -> Iterator[bytes]:
        """Raises ArtifactMissing if the content is in neither place."""
        name = content_name(sha256)
        try:
            return self._backend.read(name)
        except FileNotFoundError:
            self.restore(sha256)
        try:
            return self._backend.read(name)
        except FileNotFoundError as error:
            raise _missing(sha256) from error

    def _pieces(self, sha256: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The chunks to the end, also if the content is discarded while they are read."""
        passed = 0
        while True:
            try:
                for chunk in chunks:
                    passed += len(chunk)
                    yield chunk
            except FileNotFoundError:
                chunks = _behind(passed, self._found(sha256))
            else:
                return

    def put_manifest(self, task_id: UUID, step: str, document: dict[str, Any]) -> dict[str, Any]:
        """Record what a step of a task made, unless it is recorded; returns what stands there.

        `document` is anything that JSON can hold.
        """
        name = manifest_name(task_id, step)
        data = orjson.dumps(document)
        if self._backend.create(name, data):
            return _document(name, data)
        recorded = self.get_manifest(task_id, step)
        if recorded is None:
            raise StoreUnavailable(
                f"{name} was deleted while it was being read: run the task again"
            )
        return recorded

    def get_manifest(self, task_id: UUID, step: str) -> dict[str, Any] | None:
        """What a step recorded, None if it has not; raises CorruptArtifact."""
        name = manifest_name(task_id, step)
        try:
            return _document(name, b"".join(self._backend.read(name)))
        except FileNotFoundError:
            return None

    def forget_manifest(self, task_id: UUID, step: str) -> None:
        """Forget what a step recorded; no error if it recorded nothing."""
        self._backend.delete(manifest_name(task_id, step))

    def delete_manifests(self, task_id: UUID) -> None:
        """Forget what the steps of a task recorded; no error if they recorded nothing."""
        self._backend.delete_folder(manifests_of(task_id))

    def manifests(self, older_than: float) -> Iterator[tuple[UUID, str]]:
        """Task and step of each manifest that was recorded more than so many seconds ago; those of
        one task follow each other.
        """
        for entry in self._backend.entries(MANIFESTS):
            recorded = recorded_by(entry.name)
            if entry.age > older_than and recorded is not None:
                yield recorded

    def sweep_temporaries(self, older_than: float = ABANDONED_AFTER) -> int:
        """Remove what killed writers left behind; returns how many pieces. Safe at any time."""
        return self._backend.sweep(older_than)


def _behind(passed: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """What follows the first `passed` bytes."""
    for chunk in chunks:
        rest = chunk[passed:]
        passed -= len(chunk) - len(rest)
        if rest:
            yield rest


def _missing(sha256: str) -> ArtifactMissing:
    return ArtifactMissing(f"artifact {sha256} is not in the store: it expired or was deleted")


def _document(name: str, data: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise CorruptArtifact(
            f"{name} is not JSON ({error}): delete it and run the task again"
        ) from error
    if not isinstance(document, dict):
        raise CorruptArtifact(f"{name} is not a JSON object: delete it and run the task again")
    return document


def _write_file(chunks: Generator[bytes], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=".fetching-", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
