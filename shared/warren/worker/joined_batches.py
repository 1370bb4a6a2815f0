"""How a job asks for a batch that it will wait for."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from warren.client.new_task import NewTask
from warren.worker.spawning import Spawner


@dataclass(frozen=True, slots=True)
class JoinedBatches:
    """Asks for batches that are cancelled with their task, also before its wait is known."""

    spawner: Spawner

    def enqueue(self, tasks: Sequence[NewTask]) -> list[UUID]:
        """What Spawner.enqueue returns and raises."""
        return self.spawner.enqueue(tasks)

    def enqueue_batch(
        self, tasks: Sequence[NewTask], then: NewTask | None, key: str | None
    ) -> UUID:
        """What Spawner.enqueue_batch returns and raises."""
        return self.spawner.enqueue_batch(tasks, then, key, awaited=True)
