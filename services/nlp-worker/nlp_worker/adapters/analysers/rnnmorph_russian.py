"""RNNMorph for Russian: a network that reads the dictionary's tags of all words together."""

from collections.abc import Sequence

import numpy as np

from nlp_worker.adapters.analysers.rnnmorph_network import Array, Network, models_folder
from nlp_worker.adapters.analysers.russian_dictionary import Reading, dictionary, readings
from nlp_worker.analysis import Annotation, Sentence, Tag
from nlp_worker.errors import AnalyserMissing

_FORMS = {"Conv": "Trans"}
_VARIANTS = {"Short": "Brev"}
_CASES = {"Voc": "Nom"}
#: What the network's tags leave out.
_DROPPED = {"Aspect"}
_OUR_FORMS = {"Trans": "Conv"}


class RnnMorphRussian:
    """Implements `Analyser`."""

    name = "rnnmorph"
    language = "ru"

    def __init__(self) -> None:
        self._network: Network | None = None

    def load(self) -> None:
        if self._network is not None:
            return
        try:
            dictionary()
        except ImportError as error:
            raise AnalyserMissing(f"pymorphy3 is not installed: {error}") from error
        self._network = Network(models_folder(), "ru")

    def annotate(self, sentences: Sequence[Sentence]) -> Sequence[Annotation]:
        network = self._network
        if network is None or not sentences:
            return []
        words = [[word.text for word in sentence.words] for sentence in sentences]
        tagged = network.tags(words, lambda word: _known(word, network))
        return [
            Annotation([_tag(word, name) for word, name in zip(row, names, strict=True)])
            for row, names in zip(words, tagged, strict=True)
        ]


def _known(word: str, network: Network) -> Array:
    """All readings together, each category as shares."""
    names = [_name(reading) for reading in readings(word.lower())]
    known = [network.vectors[name] for name in names if name in network.vectors]
    return network.shares(np.sum(known, axis=0)) if known else network.nothing()


def _name(reading: Reading) -> str:
    """A reading as the network's authors call it."""
    feats = {name: value for name, value in reading.feats.items() if name not in _DROPPED}
    pos = {"CCONJ": "CONJ"}.get(reading.pos, reading.pos)
    if feats.get("Degree") == "Pos":
        del feats["Degree"]
    if pos == "ADJ" and feats.get("Degree") == "Cmp":
        pos, feats = "ADV", {"Degree": "Cmp"}
    if pos == "VERB":
        feats = _verb(feats)
    if feats.get("Number") == "Plur" and pos in {"ADJ", "DET", "VERB"}:
        feats.pop("Gender", None)
    feats["Case"] = _CASES.get(feats.get("Case", ""), feats.get("Case", ""))
    feats["Variant"] = _VARIANTS.get(feats.get("Variant", ""), "")
    listed = "|".join(f"{name}={value}" for name, value in sorted(feats.items()) if value)
    return f"{pos}#{listed or '_'}"


def _verb(feats: dict[str, str]) -> dict[str, str]:
    form = feats.get("VerbForm", "Fin")
    kept = {name: value for name, value in feats.items() if name not in {"Degree", "VerbForm"}}
    kept["VerbForm"] = _FORMS.get(form, form)
    if form != "Part":
        kept.pop("Voice", None)
    if form == "Inf":
        return {"VerbForm": "Inf"}
    if kept.get("Mood") == "Imp":
        kept["Person"] = "2"
    return kept


def _tag(word: str, name: str) -> Tag:
    pos, _, listed = name.partition("#")
    feats = dict(pair.split("=", 1) for pair in listed.split("|") if "=" in pair)
    if feats.get("VerbForm") in _OUR_FORMS:
        feats["VerbForm"] = _OUR_FORMS[feats["VerbForm"]]
    return Tag(_lemma(word.lower(), pos, feats), {"CONJ": "CCONJ"}.get(pos, pos), feats)


def _lemma(word: str, pos: str, feats: dict[str, str]) -> str:
    """That of the reading which has most in common with the tag."""
    own = {"PROPN": "NOUN"}.get(pos, pos)

    def likeness(reading: Reading) -> tuple[bool, int]:
        same = sum(reading.feats.get(name) == value for name, value in feats.items())
        return {"PROPN": "NOUN"}.get(reading.pos, reading.pos) == own, same

    return max(readings(word), key=likeness).lemma
