"""An analyser's opinion of a sentence: a logistic model over its features.

The weights were fitted on the labelled set's training part, for each analyser by itself, since each
makes mistakes of its own (`python -m bench.nlp.tune`); what has no weights has those of all.
"""

import json
import math
from collections.abc import Mapping
from functools import cache
from importlib import resources

from nlp_worker.analysis import Annotation, Language, Sentence
from nlp_worker.finding import Opinion
from nlp_worker.service.description_type import type_of
from nlp_worker.service.features import Seen, features, seen

_ALL = "all"


@cache
def weights(language: Language) -> Mapping[str, Mapping[str, float]]:
    """By analyser and feature."""
    file = resources.files("nlp_worker") / "weights" / f"{language}.json"
    found: dict[str, dict[str, float]] = json.loads(file.read_text("utf-8"))
    return found


def opinion(
    analyser: str, sentence: Sentence, annotation: Annotation, language: Language
) -> Opinion:
    """What the analyser holds of the sentence."""
    of = seen(sentence, annotation, language)
    return Opinion(analyser, probability(analyser, of, language), type_of(of), annotation)


def probability(analyser: str, of: Seen, language: Language) -> float:
    """That the sentence is a description, 0 to 1."""
    fitted = weights(language)
    chosen = fitted.get(analyser, fitted[_ALL])
    total = sum(chosen.get(name, 0.0) * value for name, value in features(of).items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))
