"""Analysers made for tests: each has a fixed opinion, told by the words of a sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nlp_worker.analysis import Annotation, Sentence, Tag
from nlp_worker.ports import Analyser

#: What an analyser that is in favour sees in a sentence of at least eight words: all is described.
_FOR = (Tag("белый", "ADJ"), Tag("поле", "NOUN"), Tag("стоять", "VERB"), Tag("лес", "NOUN"))
_AGAINST = (Tag("думать", "VERB"), Tag("сказать", "VERB"), Tag("я", "PRON"))


@dataclass
class Partial:
    """In favour of sentences that contain one of `likes`; counts what it is asked."""

    name: str
    likes: Sequence[str] = ()
    language: str = "ru"
    asked: list[str] = field(default_factory=list)
    fails: bool = False

    def load(self) -> None:
        """Nothing to load."""

    def annotate(self, sentences: Sequence[Sentence]) -> Sequence[Annotation]:
        if self.fails:
            raise RuntimeError("its library is broken")
        self.asked += [sentence.text for sentence in sentences]
        return [self._annotation(sentence) for sentence in sentences]

    def _annotation(self, sentence: Sentence) -> Annotation:
        shown = _FOR if any(word in sentence.text for word in self.likes) else _AGAINST
        return Annotation([shown[i % len(shown)] for i in range(len(sentence.words))])


@dataclass
class Installed:
    """Implements `Analysers` with those given."""

    analysers: Sequence[Partial]
    gone: Mapping[str, str] = field(default_factory=dict)

    def present(self, language: str) -> Mapping[str, Analyser]:
        return {analyser.name: analyser for analyser in self.analysers}

    def missing(self, language: str) -> Mapping[str, str]:
        return self.gone
