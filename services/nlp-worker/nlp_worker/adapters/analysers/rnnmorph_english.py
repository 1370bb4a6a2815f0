"""RNNMorph for English: the same network with English weights; WordNet tells it parts of speech."""

from collections.abc import Sequence

from nlp_worker.adapters.analysers.english_dictionary import readings, tables
from nlp_worker.adapters.analysers.rnnmorph_network import Array, Network, models_folder
from nlp_worker.analysis import Annotation, Sentence, Tag

#: What the network calls parts of speech that it is told.
_TOLD = {
    "CCONJ": "CONJ",
    "SCONJ": "ADP",
    "AUX": "VERB",
    "PART": "PRT",
    "PUNCT": ".",
    "INTJ": "X",
    "PROPN": "NOUN",
}
_QUOTES = str.maketrans({"“": '"', "”": '"', "’": "'", "‘": "'", "—": "-"})


class RnnMorphEnglish:
    """Implements `Analyser`."""

    name = "rnnmorph"
    language = "en"

    def __init__(self) -> None:
        self._network: Network | None = None

    def load(self) -> None:
        if self._network is None:
            tables()
            self._network = Network(models_folder(), "en")

    def annotate(self, sentences: Sequence[Sentence]) -> Sequence[Annotation]:
        network = self._network
        if network is None or not sentences:
            return []
        words = [[word.text.translate(_QUOTES) for word in each.words] for each in sentences]
        tagged = network.tags(words, lambda word: _known(word, network))
        return [
            Annotation([_tag(word, name) for word, name in zip(row, names, strict=True)])
            for row, names in zip(words, tagged, strict=True)
        ]


def _known(word: str, network: Network) -> Array:
    pos = readings(word.lower())[0].pos
    told = network.vectors.get(f"{_TOLD.get(pos, pos)}#_")
    return network.nothing() if told is None else told


def _tag(word: str, name: str) -> Tag:
    pos, _, listed = name.partition("#")
    feats = dict(pair.split("=", 1) for pair in listed.split("|") if "=" in pair)
    lower = word.lower()
    return Tag(_lemma(lower, pos), pos, feats)


def _lemma(word: str, pos: str) -> str:
    own = {"PROPN": "NOUN"}.get(pos, pos)
    found = readings(word)
    return next((reading.lemma for reading in found if reading.pos == own), found[0].lemma)
