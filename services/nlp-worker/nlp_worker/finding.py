"""What analysers find: opinions on sentences, and the verdict that follows from them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from nlp_worker.analysis import Annotation
from warren.contracts.descriptions import DescriptionType


@dataclass(frozen=True, slots=True)
class Opinion:
    """One analyser on one sentence: `probability` (0 to 1) that it is a description, of `type`."""

    analyser: str
    probability: float
    type: DescriptionType
    annotation: Annotation

    @property
    def accepts(self) -> bool:
        """Whether it votes for the sentence."""
        return self.probability >= 0.5

    @property
    def confidence(self) -> float:
        """How sure it is of its vote, 0.5 to 1."""
        return max(self.probability, 1 - self.probability)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of the vote on a sentence, `index` in its text."""

    index: int
    accepted: bool
    opinions: Sequence[Opinion]

    @property
    def proposed(self) -> bool:
        """Whether anyone voted for it."""
        return any(opinion.accepts for opinion in self.opinions)

    @property
    def voters(self) -> list[Opinion]:
        """Who voted for it."""
        return [opinion for opinion in self.opinions if opinion.accepts]


@dataclass(slots=True)
class Findings:
    """What a mode made of a text: verdicts in the order of its sentences.

    `fallbacks` says in words where fewer analysers decided than the mode asks for.
    """

    verdicts: list[Verdict]
    used: list[str]
    fallbacks: list[str] = field(default_factory=list)

    @property
    def consensus_rate(self) -> float | None:
        """Accepted by proposed; None if nothing was proposed."""
        proposed = sum(verdict.proposed for verdict in self.verdicts)
        accepted = sum(verdict.accepted for verdict in self.verdicts)
        return round(accepted / proposed, 4) if proposed else None

    def mean_confidence(self, analyser: str) -> float | None:
        """Of its votes for and against; None if it was asked about nothing."""
        confidences = [
            opinion.confidence
            for verdict in self.verdicts
            for opinion in verdict.opinions
            if opinion.analyser == analyser
        ]
        return round(sum(confidences) / len(confidences), 4) if confidences else None
