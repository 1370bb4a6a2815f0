"""The files of one job: what it saves belongs to its task, what it reads is checked."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from warren.contracts.artifact import ArtifactRef
from warren.contracts.ids import derived_id
from warren.worker.scratch import ScratchFolder

_CHUNK = 1 << 20
REMEMBERED_STEP = "remembered"
#: Of a task whose job has saved files: what it has returned, kept beside them.
OUTCOME_STEP = "outcome"


class Stored(Protocol):
    """What a store says about content; `size` in bytes."""

    @property
    def sha256(self) -> str: ...
    @property
    def size(self) -> int: ...


class Store(Protocol):
    """What a run needs of warren.artifacts.ArtifactStore."""

    def put(self, data: bytes | Iterable[bytes]) -> Stored: ...
    def open(self, sha256: str) -> Iterator[bytes]: ...
    def read(self, sha256: str) -> bytes: ...
    def fetch(self, sha256: str, folder: Path) -> Path: ...
    def stat(self, sha256: str) -> Stored: ...
    def put_manifest(
        self, task_id: UUID, step: str, document: dict[str, Any]
    ) -> dict[str, Any]: ...
    def get_manifest(self, task_id: UUID, step: str) -> dict[str, Any] | None: ...
    def forget_manifest(self, task_id: UUID, step: str) -> None: ...


class JobArtifacts:
    """Saves and reads files for one run; raises the errors of warren.artifacts."""

    def __init__(self, store: Store, task_id: UUID) -> None:
        self._store = store
        self._task_id = task_id
        self._saved: dict[str, ArtifactRef] = {}
        self._folder: ScratchFolder | None = None

    @property
    def saved(self) -> tuple[ArtifactRef, ...]:
        """Everything saved so far: the task's artifacts if the job succeeds."""
        return tuple(self._saved.values())

    def save(self, name: str, data: bytes | Iterable[bytes] | Path, media_type: str) -> ArtifactRef:
        """Store a file as `name`; the same name again replaces the earlier file.

        The id depends on task and name only, so a second run of the job makes the same one.
        """
        content = _chunks(data) if isinstance(data, Path) else data
        stored = self._store.put(content)
        reference = ArtifactRef(
            id=derived_id(self._task_id, f"artifact:{name}"),
            sha256=stored.sha256,
            size=stored.size,
            media_type=media_type,
            name=name,
        )
        self._saved[name] = reference
        return reference

    def read(self, reference: ArtifactRef) -> bytes:
        """The whole content."""
        return self._store.read(reference.sha256)

    def open(self, reference: ArtifactRef) -> Iterator[bytes]:
        """The content in chunks, checked on the way."""
        return self._store.open(reference.sha256)

    def outcome_of(self, task_id: UUID) -> Any:
        """The result of another task, if it has succeeded and saved files; None otherwise."""
        document = self._store.get_manifest(task_id, OUTCOME_STEP)
        return None if document is None else document["result"]

    def fetch(self, reference: ArtifactRef) -> Path:
        """A local copy, deleted when the run ends."""
        if self._folder is None:
            self._folder = ScratchFolder()
        return self._store.fetch(reference.sha256, self._folder.path)

    def remember(self, key: str, document: dict[str, Any]) -> None:
        """Record what came of the work that `key` describes, for whoever asks for the same again.

        The first record of a key stands. It holds no file: name files by sha256, and save them anew
        with `reopen` when they are wanted, since they may have gone by then.
        """
        self._store.put_manifest(_place_of(key), REMEMBERED_STEP, document)

    def remembered(self, key: str) -> dict[str, Any] | None:
        """What any task has recorded for `key`."""
        return self._store.get_manifest(_place_of(key), REMEMBERED_STEP)

    def reopen(self, sha256: str) -> Iterator[bytes]:
        """Content that some task has saved, in chunks; raises ArtifactMissing at once.

        Knowing a hash gives nobody access: only for what the job's own customer may have.
        """
        return self._store.open(sha256)

    def close(self) -> None:
        """Delete local copies."""
        if self._folder is not None:
            self._folder.remove()
            self._folder = None


def _place_of(key: str) -> UUID:
    return UUID(bytes=hashlib.sha256(key.encode()).digest()[:16])


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
