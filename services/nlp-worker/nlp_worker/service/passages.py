"""Accepted sentences to passages: neighbours that show the same become one, repetitions go."""

from collections.abc import Sequence
from dataclasses import dataclass

from nlp_worker.analysis import Language, Sentence
from nlp_worker.finding import Opinion, Verdict
from nlp_worker.service.vote import by_weight
from warren.contracts.descriptions import DescriptionType

#: A passage grows to this many characters, then the next one begins.
MOST_CHARACTERS = 600


@dataclass(frozen=True, slots=True)
class Passage:
    """Sentences `first` to `last` (included) of a text, which the vote has accepted."""

    first: int
    last: int
    type: DescriptionType
    verdicts: Sequence[Verdict]

    def opinions(self) -> list[Opinion]:
        """Of all who voted for one of its sentences."""
        return [opinion for verdict in self.verdicts for opinion in verdict.voters]


def passages(
    sentences: Sequence[Sentence], verdicts: Sequence[Verdict], language: Language
) -> list[Passage]:
    """In the order of the text, no two with the same words."""
    found: list[Passage] = []
    for verdict in sorted(verdicts, key=lambda v: v.index):
        if not verdict.accepted:
            continue
        of = type_by_vote(verdict, language)
        if found and _continues(found[-1], verdict.index, of, sentences):
            before = found.pop()
            found.append(Passage(before.first, verdict.index, of, [*before.verdicts, verdict]))
        else:
            found.append(Passage(verdict.index, verdict.index, of, [verdict]))
    return _once(found, sentences)


def type_by_vote(verdict: Verdict, language: Language) -> DescriptionType:
    """What most of the voters hold it for; of two as strong, what the heaviest does."""
    voters = verdict.voters or list(verdict.opinions)
    order = by_weight(language, {opinion.analyser for opinion in voters})
    heaviest_first = sorted(voters, key=lambda opinion: order.index(opinion.analyser))
    votes = [opinion.type for opinion in heaviest_first]
    return max(votes, key=votes.count)


def _continues(
    passage: Passage, index: int, of: DescriptionType, sentences: Sequence[Sentence]
) -> bool:
    first, last, following = sentences[passage.first], sentences[passage.last], sentences[index]
    return (
        index == passage.last + 1
        and of == passage.type
        and following.paragraph == last.paragraph
        and following.end - first.start <= MOST_CHARACTERS
    )


def _once(found: Sequence[Passage], sentences: Sequence[Sentence]) -> list[Passage]:
    """Without those whose words have stood before, however they were spaced and punctuated."""
    kept: dict[tuple[str, ...], Passage] = {}
    for passage in found:
        words = tuple(
            word.text.lower()
            for sentence in sentences[passage.first : passage.last + 1]
            for word in sentence.words
            if word.is_word
        )
        kept.setdefault(words, passage)
    return list(kept.values())
