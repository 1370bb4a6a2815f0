"""Pictures of descriptions: a task for each, and what came of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from image_worker.errors import NoPictureMade
from image_worker.service.illustrations import failed, job_for, pictured
from warren.contracts.batches import BatchOutcome
from warren.contracts.generated_images import (
    DescriptionToPicture,
    ImageState,
    PicturedDescription,
    PictureOptions,
)
from warren.contracts.lanes import Lane
from warren.worker import JobContext


@dataclass(frozen=True, slots=True)
class Illustrating:
    """One run of a task that wants many pictures; `told` is how its batch has ended, if it has."""

    options: PictureOptions
    context: JobContext
    told: BatchOutcome | None
    book_id: UUID | None = None

    def picture(self, descriptions: Sequence[DescriptionToPicture]) -> list[PicturedDescription]:
        """An entry for each description, in their order.

        A retry of the task asks only for the pictures that are missing. Raises MembersAwaited until
        the last of them has ended, and NoPictureMade if there is none then.
        """
        made: dict[UUID, PicturedDescription] = {}
        entries: list[PicturedDescription] = []
        for generation in range(1, self.context.generation + 1):
            missing = [each for each in descriptions if each.description_id not in made]
            entries = self._entries(missing, generation)
            made |= {e.description_id: e for e in entries if e.status is ImageState.GENERATED}
        if not made:
            raise NoPictureMade(f"none of {len(entries)} pictures was made: {entries[0].error}")
        failures = {entry.description_id: entry for entry in entries}
        return [made.get(d.description_id) or failures[d.description_id] for d in descriptions]

    def _entries(
        self, wanted: Sequence[DescriptionToPicture], generation: int
    ) -> list[PicturedDescription]:
        """Of the pictures that a generation of the task has asked for, or asks for now."""
        key = f"pictures:{generation}"
        outcome = None
        if wanted and generation == self.context.generation:
            jobs = [job_for(each, self.options, self.book_id) for each in wanted]
            outcome = self.context.join(jobs, self.told, key=key, lane=Lane.LOW)
        return [
            self._entry(description, self.context.member_result(key, position), outcome, position)
            for position, description in enumerate(wanted)
        ]

    def _entry(
        self,
        description: DescriptionToPicture,
        result: Any,
        outcome: BatchOutcome | None,
        position: int,
    ) -> PicturedDescription:
        if result is not None:
            return pictured(description, result)
        members = outcome.members if outcome else ()
        return failed(description, next((m for m in members if m.position == position), None))
