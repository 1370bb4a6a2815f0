"""The Russian dictionary (pymorphy3) in universal tags: one for all, each word looked up once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

_POS = {
    "NOUN": "NOUN",
    "ADJF": "ADJ",
    "ADJS": "ADJ",
    "COMP": "ADJ",
    "VERB": "VERB",
    "INFN": "VERB",
    "PRTF": "VERB",
    "PRTS": "VERB",
    "GRND": "VERB",
    "NUMR": "NUM",
    "ADVB": "ADV",
    "NPRO": "PRON",
    "PRED": "ADV",
    "PREP": "ADP",
    "CONJ": "CCONJ",
    "PRCL": "PART",
    "INTJ": "INTJ",
}
_FEATURES = {
    "nomn": ("Case", "Nom"),
    "gent": ("Case", "Gen"),
    "gen1": ("Case", "Gen"),
    "gen2": ("Case", "Gen"),
    "datv": ("Case", "Dat"),
    "accs": ("Case", "Acc"),
    "ablt": ("Case", "Ins"),
    "loct": ("Case", "Loc"),
    "loc1": ("Case", "Loc"),
    "loc2": ("Case", "Loc"),
    "voct": ("Case", "Voc"),
    "masc": ("Gender", "Masc"),
    "femn": ("Gender", "Fem"),
    "neut": ("Gender", "Neut"),
    "sing": ("Number", "Sing"),
    "plur": ("Number", "Plur"),
    "past": ("Tense", "Past"),
    "pres": ("Tense", "Pres"),
    "futr": ("Tense", "Fut"),
    "1per": ("Person", "1"),
    "2per": ("Person", "2"),
    "3per": ("Person", "3"),
    "indc": ("Mood", "Ind"),
    "impr": ("Mood", "Imp"),
    "actv": ("Voice", "Act"),
    "pssv": ("Voice", "Pass"),
    "Supr": ("Degree", "Sup"),
    "COMP": ("Degree", "Cmp"),
    "impf": ("Aspect", "Imp"),
    "perf": ("Aspect", "Perf"),
}
_NAMES = {"Name", "Surn", "Patr", "Geox", "Orgn"}
_VERB_FORMS = {"VERB": "Fin", "INFN": "Inf", "PRTF": "Part", "PRTS": "Part", "GRND": "Conv"}


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a word; the dictionary's likeliest comes first. Do not change `feats`."""

    lemma: str
    pos: str
    feats: dict[str, str]


@cache
def dictionary() -> Any:
    """pymorphy3's analyser, loaded once."""
    import pymorphy3

    return pymorphy3.MorphAnalyzer()


@lru_cache(maxsize=200_000)
def readings(word: str) -> Sequence[Reading]:
    """All readings of a word in lower case."""
    return [_reading(parse) for parse in dictionary().parse(word)]


def _reading(parse: Any) -> Reading:
    grammemes = parse.tag.grammemes
    part = str(parse.tag.POS or "")
    pos = _POS.get(part, "PUNCT" if "PNCT" in grammemes else "X")
    if "NUMB" in grammemes or "ROMN" in grammemes:
        pos = "NUM"
    if part in {"ADJF", "ADJS"} and "Apro" in grammemes:
        pos = "DET"
    if pos == "NOUN" and not _NAMES.isdisjoint(grammemes):
        pos = "PROPN"
    feats = dict(_FEATURES[grammeme] for grammeme in sorted(grammemes) if grammeme in _FEATURES)
    if part in _VERB_FORMS:
        feats["VerbForm"] = _VERB_FORMS[part]
    if part in {"ADJS", "PRTS"}:
        feats["Variant"] = "Short"
    if part in {"ADJF", "ADJS", "ADVB"} and "Supr" not in grammemes:
        feats["Degree"] = "Pos"
    return Reading(parse.normal_form, pos, feats)
