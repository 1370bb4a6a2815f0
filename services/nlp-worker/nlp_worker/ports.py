"""What the business needs of the outside: readers of books, and analysers of sentences."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from nlp_worker.analysis import Annotation, Language, Sentence
from nlp_worker.book import Book


class BookReader(Protocol):
    """Reads books whose content, not their name, says what they are."""

    def read(self, path: Path, name: str, media_type: str) -> Book:
        """The chapters; `name` and `media_type` are what its sender called it.

        Raises BookRefused, which names the field.
        """


class Analyser(Protocol):
    """Says what the words of sentences are; may be called by one thread at a time."""

    @property
    def name(self) -> str:
        """As in results and weights: `spacy`, `natasha`, `rnnmorph`, …"""

    @property
    def language(self) -> Language:
        """What it reads."""

    def load(self) -> None:
        """Have its models in memory; raises AnalyserMissing. Called before `annotate`."""

    def annotate(self, sentences: Sequence[Sentence]) -> Sequence[Annotation]:
        """One annotation for each sentence, with one tag for each of its words."""


class Analysers(Protocol):
    """Who is there for a language, loaded at the first use."""

    def present(self, language: Language) -> Mapping[str, Analyser]:
        """By name, those that work."""

    def missing(self, language: Language) -> Mapping[str, str]:
        """By name, those that do not, and why in words."""
