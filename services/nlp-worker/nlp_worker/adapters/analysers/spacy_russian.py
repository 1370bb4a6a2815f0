"""spaCy for Russian: no trained model of it can be had, so its pipeline tags by the dictionary.

A word of several readings takes the one that agrees with the words around it in case, number and
gender, and else the dictionary's likeliest.
"""

from collections.abc import Sequence
from typing import Any

from nlp_worker.adapters.analysers.russian_dictionary import Reading, dictionary, readings
from nlp_worker.adapters.analysers.spacy_pipeline import SpacyPipeline
from nlp_worker.errors import AnalyserMissing

_AGREE = ("Case", "Number", "Gender")
#: Parts of speech that agree.
_PAIRS = ({"ADJ", "NOUN"}, {"DET", "NOUN"}, {"ADJ", "PROPN"})
_MOST_READINGS = 6


class SpacyRussian(SpacyPipeline):
    """Implements `Analyser`."""

    language = "ru"

    def made(self) -> Any:
        try:
            import spacy
            from spacy.language import Language

            dictionary()
        except ImportError as error:
            raise AnalyserMissing(f"spaCy or pymorphy3 is not installed: {error}") from error
        Language.component("warren_russian_dictionary", func=_tag)
        pipeline = spacy.blank("ru")
        pipeline.add_pipe("warren_russian_dictionary")
        return pipeline


def _tag(doc: Any) -> Any:
    options = [readings(token.lower_)[:_MOST_READINGS] for token in doc]
    for place, token in enumerate(doc):
        chosen = _chosen(options, place)
        token.pos_, token.lemma_ = chosen.pos, chosen.lemma
        token.set_morph(chosen.feats)
    return doc


def _chosen(options: Sequence[Sequence[Reading]], place: int) -> Reading:
    own = options[place]
    neighbours = [options[near] for near in (place - 1, place + 1) if 0 <= near < len(options)]
    return max(
        own,
        key=lambda reading: (
            max((_agreement(reading, other) for near in neighbours for other in near), default=0)
            - 2 * own.index(reading)
        ),
    )


def _agreement(one: Reading, other: Reading) -> int:
    """How well an adjective and a noun fit; 0 for other pairs."""
    if {one.pos, other.pos} not in _PAIRS:
        return 0
    shared = [name for name in _AGREE if name in one.feats and name in other.feats]
    return 3 if shared and all(one.feats[name] == other.feats[name] for name in shared) else 0
