"""Calls `perform` directly in tests: a context with artifacts in memory that records what it hears.

```python
context = FakeContext()
result = SynthesizeSpeechWorker().perform(SynthesizeSpeech(text="Hello"), context)
assert context.percents == [0, 50, 100]
```
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from warren.artifacts import ArtifactMissing, StoredFile
from warren.contracts.artifact import ArtifactRef
from warren.contracts.ids import derived_id, new_id
from warren.contracts.intake import NewChild, parse_spawn
from warren.contracts.status import Part, Progress
from warren.worker.cancel_signal import CancelSignal
from warren.worker.context import JobContext
from warren.worker.effects import Effect, EffectGate
from warren.worker.job_artifacts import JobArtifacts
from warren.worker.job_run import Run
from warren.worker.parts import PartReporter
from warren.worker.progress import ProgressReporter
from warren.worker.spawning import Spawner


class MemoryStore:
    """The part of an artifact store that a run uses, in memory."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.manifests: dict[tuple[UUID, str], dict[str, Any]] = {}

    def put(self, data: bytes | Iterable[bytes]) -> StoredFile:
        """Keep the content under its hash."""
        content = data if isinstance(data, bytes) else b"".join(data)
        sha256 = hashlib.sha256(content).hexdigest()
        self.contents[sha256] = content
        return StoredFile(sha256, len(content))

    def open(self, sha256: str) -> Iterator[bytes]:
        """The content in one chunk; raises ArtifactMissing."""
        return iter([self.read(sha256)])

    def read(self, sha256: str) -> bytes:
        """The content; raises ArtifactMissing."""
        try:
            return self.contents[sha256]
        except KeyError:
            raise ArtifactMissing(f"artifact {sha256} was never put here") from None

    def stat(self, sha256: str) -> StoredFile:
        """The content's hash and size; raises ArtifactMissing."""
        return StoredFile(sha256, len(self.read(sha256)))

    def fetch(self, sha256: str, folder: Path) -> Path:
        """A copy in `folder`; raises ArtifactMissing."""
        target = folder / sha256
        target.write_bytes(self.read(sha256))
        return target

    def put_manifest(self, task_id: UUID, step: str, document: dict[str, Any]) -> dict[str, Any]:
        """Keep the first document of a task's step; returns what is kept."""
        return self.manifests.setdefault((task_id, step), document)

    def get_manifest(self, task_id: UUID, step: str) -> dict[str, Any] | None:
        """What is kept."""
        return self.manifests.get((task_id, step))

    def forget_manifest(self, task_id: UUID, step: str) -> None:
        """Forget what is kept."""
        self.manifests.pop((task_id, step), None)


class FakeContext(JobContext):
    """A context for calling `perform`: `reports` and `events` hold what the job said.

    `parts` the pieces it announced, `children` the tasks it asked for by `spawn`. `artifacts` keeps
    files in `store`, as effects keep their receipts; put what a job reads there with `given`.
    """

    def __init__(
        self,
        *,
        attempt: int = 1,
        generation: int = 1,
        task_id: UUID | None = None,
        customer_id: UUID | None = None,
        store: MemoryStore | None = None,
    ) -> None:
        self.store = store or MemoryStore()
        self.reports: list[Progress] = []
        self.parts: list[Part] = []
        self.children: list[NewChild] = []
        run = Run(
            run_id=new_id(),
            task_id=task_id or new_id(),
            generation=generation,
            dispatch=attempt,
            attempt=attempt,
            customer_id=customer_id or new_id(),
            kind="test.job",
            version=1,
            payload={},
            repeated=attempt > 1,
        )
        progress = ProgressReporter(self.reports.append, interval=0.0)
        cancellation = CancelSignal()
        gate = EffectGate(cancellation)
        super().__init__(
            run,
            JobArtifacts(self.store, run.task_id),
            progress,
            entrance=Spawner(run, self._take, cancellation),
            cancellation=cancellation,
            parts=PartReporter(self.parts.append, interval=0.0),
            make_effect=lambda key: Effect(self.store, run, key, gate),
        )

    def _take(self, command: bytes, _cancellation: CancelSignal) -> None:
        self.children += parse_spawn(command).children

    @property
    def percents(self) -> list[int]:
        """The percentages that the job reported."""
        return [report.percent for report in self.reports]

    def given(self, name: str, content: bytes, media_type: str = "text/plain") -> ArtifactRef:
        """An uploaded artifact, for a job's payload."""
        stored = self.store.put(content)
        return ArtifactRef(
            id=derived_id(self.task_id, f"given:{name}"),
            sha256=stored.sha256,
            size=stored.size,
            media_type=media_type,
            name=name,
        )

    def saved(self, name: str) -> bytes:
        """The content that the job saved as `name`; raises KeyError if it saved none."""
        references = {reference.name: reference for reference in self.artifacts.saved}
        return self.store.read(references[name].sha256)
