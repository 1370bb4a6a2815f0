"""Who has how much weight, and when a sentence is accepted."""

from collections.abc import Collection, Mapping, Sequence

from nlp_worker.analysis import Language
from nlp_worker.finding import Opinion

#: In tenths; whole numbers, so that 18 of 30 is 60 % and not a little less.
WEIGHTS: Mapping[Language, Mapping[str, int]] = {
    "ru": {"natasha": 12, "spacy": 10, "rnnmorph": 8, "stanza": 8},
    "en": {"spacy": 12, "rnnmorph": 10, "lexicon": 8, "stanza": 8},
}
#: Who votes in Stanza's place where Stanza is not: three vote, and have 30, whatever is installed.
_STANDS_IN: Mapping[Language, str] = {"ru": "rnnmorph", "en": "lexicon"}
#: Of the weight of those that ran, votes must hold three fifths.
_VOTES, _OF = 3, 5


def by_weight(language: Language, analysers: Collection[str]) -> list[str]:
    """The heaviest first; of two of the same weight in alphabetical order."""
    weights = WEIGHTS[language]
    return sorted(analysers, key=lambda name: (-weights.get(name, 0), name))


def seated(language: Language, analysers: Collection[str]) -> list[str]:
    """Who of those that work has a vote, the heaviest first: not Stanza's stand-in beside it."""
    spare = _STANDS_IN[language] if "stanza" in analysers else None
    return [name for name in by_weight(language, analysers) if name != spare]


def accepted(opinions: Sequence[Opinion], ran: Collection[str], language: Language) -> bool:
    """Whether the votes are enough: all of two that ran, 60 % of the weight of more."""
    votes = {opinion.analyser for opinion in opinions if opinion.accepts}
    return enough(votes, ran, language)


def enough(votes: Collection[str], ran: Collection[str], language: Language) -> bool:
    """Whether the voters `votes` carry a sentence among those that ran."""
    if len(ran) <= 2:
        return bool(ran) and set(ran) <= set(votes)
    weights = WEIGHTS[language]
    for_it = sum(weights[name] for name in votes)
    return for_it * _OF >= _VOTES * sum(weights[name] for name in ran)


def decided(opinions: Sequence[Opinion], ran: Collection[str], language: Language) -> bool:
    """Whether those of `ran` that have not spoken yet could not change the outcome."""
    votes = {opinion.analyser for opinion in opinions if opinion.accepts}
    silent = set(ran) - {opinion.analyser for opinion in opinions}
    return enough(votes, ran, language) == enough(votes | silent, ran, language)


def confidence(opinions: Sequence[Opinion], language: Language) -> float:
    """The probability by all who gave an opinion, weighted."""
    weights = WEIGHTS[language]
    total = sum(weights[opinion.analyser] for opinion in opinions)
    held = sum(weights[opinion.analyser] * opinion.probability for opinion in opinions)
    return held / total
