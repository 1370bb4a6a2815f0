"""How much a passage is worth a picture: 0 to 100, the sum of parts that are told."""

from collections.abc import Collection, Sequence

from nlp_worker.analysis import Language, Sentence
from nlp_worker.finding import Opinion
from nlp_worker.service.features import features, seen
from nlp_worker.service.passages import Passage
from nlp_worker.service.vote import WEIGHTS, by_weight, confidence

#: The most that each part gives.
VIVIDNESS, CONCRETENESS, CONFIDENCE, AGREEMENT, LENGTH = 30, 20, 25, 15, 10
#: Characters: a picture's prompt is filled by so many, and gains nothing by more.
_FULL = 220


def score_parts(
    passage: Passage, sentences: Sequence[Sentence], ran: Collection[str], language: Language
) -> dict[str, float]:
    """The parts by name, each 0 up to its most."""
    measured = [
        features(
            seen(sentences[verdict.index], witness(verdict.voters, language).annotation, language)
        )
        for verdict in passage.verdicts
    ]
    mean = {name: sum(m[name] for m in measured) / len(measured) for name in measured[0]}
    length = sentences[passage.last].end - sentences[passage.first].start
    parts = {
        "vividness": VIVIDNESS * (mean["visual"] + mean["attributes"]) / 2,
        "concreteness": CONCRETENESS * (mean["concrete"] + mean["concrete_density"]) / 2,
        "confidence": CONFIDENCE * max(0.0, 2 * passage_confidence(passage, language) - 1),
        "agreement": AGREEMENT * _agreement(passage, ran, language),
        "length": LENGTH * min(1.0, length / _FULL),
    }
    return {name: round(value, 2) for name, value in parts.items()}


def passage_confidence(passage: Passage, language: Language) -> float:
    """Mean over its sentences of the weighted probability by all who were asked."""
    each = [confidence(verdict.opinions, language) for verdict in passage.verdicts]
    return sum(each) / len(each)


def witness(opinions: Sequence[Opinion], language: Language) -> Opinion:
    """The heaviest of those who voted for it."""
    name = by_weight(language, {opinion.analyser for opinion in opinions})[0]
    return next(opinion for opinion in opinions if opinion.analyser == name)


def _agreement(passage: Passage, ran: Collection[str], language: Language) -> float:
    weights = WEIGHTS[language]
    total = sum(weights[name] for name in ran) * len(passage.verdicts)
    return sum(weights[opinion.analyser] for opinion in passage.opinions()) / total
