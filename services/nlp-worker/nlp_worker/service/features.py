"""What of a sentence, as an analyser sees it, speaks for or against a description."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nlp_worker.analysis import Annotation, Language, Sentence, Tag
from nlp_worker.service.lexicon import CONCRETE, groups_of

_OPENS_SPEECH = ("—", "–", "-", "«", "“", '"', "„")
_QUOTES = frozenset('«»“”"„')
_NEGATIONS = {"не", "ни", "нет", "no", "not", "n't", "n’t", "never", "nothing", "nobody"}
_SPEAKERS = {"я", "ты", "мы", "вы", "i", "you", "we", "me", "us", "my", "your", "our"}
_NOUNS = {"NOUN", "PROPN"}
_VERBS = {"VERB", "AUX"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A sentence's words with their tags and groups; punctuation is left out."""

    sentence: Sentence
    annotation: Annotation
    words: tuple[tuple[int, Tag, frozenset[str]], ...]

    def count(self, wanted: Callable[[Tag, frozenset[str]], bool]) -> int:
        """How many words are as wanted."""
        return sum(wanted(tag, groups) for _, tag, groups in self.words)


def seen(sentence: Sentence, annotation: Annotation, language: Language) -> Seen:
    """The words and what they show."""
    words = tuple(
        (index, tag, groups_of(tag.lemma, language))
        for index, (word, tag) in enumerate(zip(sentence.words, annotation.tags, strict=True))
        if word.is_word
    )
    return Seen(sentence, annotation, words)


def features(of: Seen) -> dict[str, float]:
    """Numbers of about 0 to 1, by name; the same for every analyser and language."""
    return {name: measure(of) for name, measure in _MEASURES.items()}


def is_adjective(tag: Tag) -> bool:
    """Whether it says what something is like: adjectives and participles."""
    return tag.pos == "ADJ" or (tag.pos == "VERB" and tag.feats.get("VerbForm") == "Part")


def is_concrete(tag: Tag, groups: frozenset[str]) -> bool:
    """Whether it is a noun for something that can be seen, heard or smelt."""
    return tag.pos in _NOUNS and any(group in groups for group in CONCRETE)


def _share(most: int, count: int) -> float:
    return min(count, most) / most


def _attributes(of: Seen) -> int:
    """Adjectives of nouns that show something: by syntax where there is one, else by nearness."""
    concrete = {index for index, tag, groups in of.words if is_concrete(tag, groups)}
    found = 0
    for place, (_, tag, _groups) in enumerate(of.words):
        if not is_adjective(tag):
            continue
        if tag.head is not None:
            found += tag.head in concrete
        else:
            near = of.words[max(0, place - 1) : place + 3]
            found += any(index in concrete for index, _, _ in near)
    return found


def _placed(of: Seen) -> int:
    """Places after a preposition: on the wall, in the corner."""
    after, found = False, 0
    for _, tag, groups in of.words:
        if tag.pos == "ADP":
            after = True
        elif tag.pos in _NOUNS:
            found += after and ("location" in groups or "object" in groups)
            after = False
    return found


def _finite(tag: Tag) -> bool:
    return tag.pos in _VERBS and tag.feats.get("VerbForm", "Fin") == "Fin"


def _to_somebody(of: Seen) -> bool:
    return of.count(lambda tag, _: tag.feats.get("Mood") == "Imp") > 0


def _text(of: Seen) -> str:
    return of.sentence.text


_MEASURES: Mapping[str, Callable[[Seen], float]] = {
    "bias": lambda _: 1.0,
    "adjectives": lambda of: _share(6, of.count(lambda tag, _: is_adjective(tag))),
    "adjective_density": lambda of: min(
        1.0, 3 * of.count(lambda tag, _: is_adjective(tag)) / max(1, len(of.words))
    ),
    "attributes": lambda of: _share(4, _attributes(of)),
    "visual": lambda of: _share(4, of.count(lambda _, groups: "visual" in groups)),
    "concrete": lambda of: _share(6, of.count(is_concrete)),
    "concrete_density": lambda of: min(1.0, 2 * of.count(is_concrete) / max(1, len(of.words))),
    "static": lambda of: _share(2, of.count(lambda tag, g: "static" in g and tag.pos in _VERBS)),
    "action": lambda of: _share(2, of.count(lambda tag, g: "action" in g and tag.pos in _VERBS)),
    "mental": lambda of: _share(2, of.count(lambda tag, g: "mental" in g and tag.pos in _VERBS)),
    "speech": lambda of: _share(2, of.count(lambda tag, g: "speech" in g and tag.pos in _VERBS)),
    "abstract": lambda of: _share(3, of.count(lambda tag, g: "abstract" in g)),
    "opens_speech": lambda of: float(_text(of).startswith(_OPENS_SPEECH)),
    "quotes": lambda of: float(any(character in _QUOTES for character in _text(of))),
    "speakers": lambda of: _share(2, of.count(lambda tag, _: tag.lemma in _SPEAKERS)),
    "question": lambda of: float(_text(of).rstrip('»”"’ ').endswith(("?", "!"))),
    "negation": lambda of: _share(2, of.count(lambda tag, _: tag.lemma in _NEGATIONS)),
    "verbless": lambda of: float(of.count(lambda tag, _: _finite(tag)) == 0),
    "verbs": lambda of: _share(5, of.count(lambda tag, _: _finite(tag))),
    "to_somebody": lambda of: float(_to_somebody(of)),
    "placed": lambda of: _share(3, _placed(of)),
    "compared": lambda of: float(of.count(lambda _, groups: "comparison" in groups) > 0),
    "names": lambda of: _share(2, len(of.annotation.entities)),
    "short": lambda of: float(len(of.words) < 5),
    "length": lambda of: min(1.0, math.log1p(len(of.words)) / 4),
}
#: In the order of the weights.
FEATURES = tuple(_MEASURES)
