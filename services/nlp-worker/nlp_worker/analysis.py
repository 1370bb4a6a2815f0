"""Sentences, and what an analyser says of their words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Language = str  # "ru" or "en"


@dataclass(frozen=True, slots=True)
class Word:
    """A token (punctuation, too): characters `start` to `end` of the whole text."""

    text: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        """Whether it is more than punctuation."""
        return any(character.isalnum() for character in self.text)


@dataclass(frozen=True, slots=True)
class Sentence:
    """Our own tokens, shared by all analysers; `paragraph` numbers where it stands."""

    text: str
    start: int
    end: int
    words: Sequence[Word]
    paragraph: int = 0


@dataclass(frozen=True, slots=True)
class Tag:
    """One word as an analyser sees it: universal part of speech and features, lower-case lemma.

    `head` is the index of the word it depends on (its own for the root), None without syntax.
    """

    lemma: str
    pos: str
    feats: Mapping[str, str] = field(default_factory=dict)
    head: int | None = None
    relation: str | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """A name: words `first` up to before `last` of the sentence; `type` person, place or other."""

    first: int
    last: int
    type: str


@dataclass(frozen=True, slots=True)
class Annotation:
    """What an analyser says of a sentence: a tag for each of its words."""

    tags: Sequence[Tag]
    entities: Sequence[Entity] = ()
