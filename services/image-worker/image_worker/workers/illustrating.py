"""Pictures of descriptions: a task for each, and what came of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from image_worker.errors import NoPictureMade, NothingToPaint
from image_worker.service.illustrations import failed, job_for, pictured, prompt_of, wordless
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
        the last of them has ended, NoPictureMade if there is none then, and NothingToPaint if there
        can be none.
        """
        wanted = {each.description_id: each for each in descriptions if prompt_of(each)}
        if not wanted:
            raise NothingToPaint("no description has a word or sign", field="descriptions")
        made: dict[UUID, PicturedDescription] = {}
        failures = {each.description_id: wordless(each) for each in descriptions}
        for generation in range(1, self.context.generation + 1):
            missing = [key for key in wanted if key not in made]
            asked = [wanted[key] for key in self._asked(missing, generation)]
            entries = self._entries(asked, generation)
            failures |= {entry.description_id: entry for entry in entries}
            made |= {e.description_id: e for e in entries if e.status is ImageState.GENERATED}
        if not made:
            first = failures[next(iter(wanted))]
            raise NoPictureMade(f"none of {len(descriptions)} pictures was made: {first.error}")
        return [made.get(d.description_id) or failures[d.description_id] for d in descriptions]

    def _asked(self, missing: Sequence[UUID], generation: int) -> list[UUID]:
        """What this generation asks for: what its first run has, in that order.

        A picture of an earlier one may have been retried since, and be missing no longer: members
        are known by their positions, which it would shift.
        """
        effect = self.context.effect(f"asked:{generation}")
        return [UUID(key) for key in effect.put([str(key) for key in missing])]

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
