"""Refiners in order: where one fails, the next one does it, and the last one always can."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from image_worker.ports import PromptRefiner, RefinedPrompt, RefineRequest
from warren.errors import JobCancelled, TimeLimitExceeded, WarrenError


@dataclass(frozen=True, slots=True)
class FallingBack:
    """`refiners` in order of preference; the last one needs nothing outside of this process."""

    refiners: Sequence[PromptRefiner]

    def refine(self, request: RefineRequest) -> RefinedPrompt:
        """The first answer; it says why it is not the first one's. Raises what the last one does,
        and what ends the job."""
        failures: list[str] = []
        for refiner in self.refiners[:-1]:
            try:
                return _noted(refiner.refine(request), failures)
            except (JobCancelled, TimeLimitExceeded):
                raise
            except WarrenError as error:
                failures.append(f"{refiner.name}: {error}")
        return _noted(self.refiners[-1].refine(request), failures)


def _noted(refined: RefinedPrompt, failures: Sequence[str]) -> RefinedPrompt:
    return replace(refined, fallback="; ".join(failures)[:1_000]) if failures else refined
