"""What the chapters of a book have given, put together."""

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from pydantic import BaseModel

from warren.contracts.artifact import ArtifactRef
from warren.contracts.descriptions import ExtractedDescriptions

_MOST_FALLBACKS, _LONGEST_FALLBACK = 50, 300


class FoundInChapter(BaseModel):
    """What is kept of the result of a chapter's task."""

    number: int
    descriptions: ArtifactRef
    count: int
    characters: int
    processors: list[str]
    consensus_rate: float | None
    fallbacks: list[str]

    @classmethod
    def of(cls, number: int, result: ExtractedDescriptions) -> "FoundInChapter":
        """Of the chapter with this number."""
        return cls(
            number=number,
            descriptions=result.descriptions,
            count=result.descriptions_found,
            characters=result.characters,
            processors=result.processors_used,
            consensus_rate=result.consensus_rate,
            fallbacks=result.fallbacks,
        )


class FoundInBook(BaseModel):
    """All chapters that have been analysed so far, in their order; and what was done beside.

    `batch_id` has the tasks of all others, too; `reason` is why one of those did not succeed.
    """

    chapters: list[FoundInChapter]
    locations: int | None
    cached: bool
    batch_id: UUID
    reason: str | None = None

    @property
    def processors(self) -> list[str]:
        """All that ran in any chapter."""
        return list(dict.fromkeys(name for each in self.chapters for name in each.processors))

    @property
    def consensus_rate(self) -> float | None:
        """The mean of the chapters' rates, weighed by their characters."""
        rated = [each for each in self.chapters if each.consensus_rate is not None]
        characters = sum(each.characters for each in rated)
        if not characters:
            return None
        rates = sum((each.consensus_rate or 0.0) * each.characters for each in rated)
        return round(rates / characters, 4)

    def fallbacks(self) -> list[str]:
        """Each with the number of chapters in which it was needed."""
        if not self.chapters:
            return ["no chapter was analysed: none is a body, or in the plan"]
        said = Counter(line for each in self.chapters for line in each.fallbacks)
        told = [
            f"{line[:_LONGEST_FALLBACK]} ({count} of {len(self.chapters)} chapters)"
            for line, count in said.most_common(_MOST_FALLBACKS)
        ]
        if self.locations is None:
            told.append("no reading positions: their task did not succeed")
        if not self.cached:
            told.append("the file is not cached: its task did not succeed")
        return told


def with_earlier(
    earlier: FoundInBook | None, chapters: Iterable[FoundInChapter]
) -> Sequence[FoundInChapter]:
    """These, and those that an earlier generation has found; in the order of the book."""
    known = {each.number: each for each in (earlier.chapters if earlier else ())}
    known |= {each.number: each for each in chapters}
    return [known[number] for number in sorted(known)]
