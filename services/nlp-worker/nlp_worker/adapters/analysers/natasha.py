"""Natasha: Russian tags, syntax and names by small networks in numpy."""

import importlib
import sys
from collections.abc import Sequence
from typing import Any

from nlp_worker.analysis import Annotation, Entity, Sentence, Tag
from nlp_worker.errors import AnalyserMissing

_TYPES = {"PER": "person", "LOC": "place", "ORG": "other"}


class Natasha:
    """Implements `Analyser`."""

    name = "natasha"
    language = "ru"

    def __init__(self) -> None:
        self._morph: Any = None
        self._syntax: Any = None
        self._names: Any = None
        self._vocabulary: Any = None

    def load(self) -> None:
        if self._morph is not None:
            return
        try:
            library = _library()
        except ImportError as error:
            raise AnalyserMissing(f"Natasha is not installed: {error}") from error
        embedding = library.NewsEmbedding()
        self._vocabulary = library.MorphVocab()
        self._syntax = library.NewsSyntaxParser(embedding)
        self._names = library.NewsNERTagger(embedding)
        self._morph = library.NewsMorphTagger(embedding)

    def annotate(self, sentences: Sequence[Sentence]) -> Sequence[Annotation]:
        words = [[word.text for word in sentence.words] for sentence in sentences]
        morph = self._morph.map(words)
        syntax = self._syntax.map(words)
        names = self._names.map([sentence.text for sentence in sentences])
        return [
            Annotation(
                [
                    self._tag(one, other)
                    for one, other in zip(tags.tokens, tree.tokens, strict=True)
                ],
                _entities(sentence, spans.spans),
            )
            for sentence, tags, tree, spans in zip(sentences, morph, syntax, names, strict=True)
        ]

    def _tag(self, morph: Any, syntax: Any) -> Tag:
        head = int(syntax.head_id) - 1
        return Tag(
            lemma=self._vocabulary.lemmatize(morph.text, morph.pos, morph.feats).lower(),
            pos=morph.pos,
            feats=morph.feats,
            head=int(syntax.id) - 1 if head < 0 else head,
            relation=syntax.rel,
        )


def _entities(sentence: Sentence, spans: Sequence[Any]) -> list[Entity]:
    found = []
    for span in spans:
        inside = [
            index
            for index, word in enumerate(sentence.words)
            if word.start - sentence.start < span.stop and word.end - sentence.start > span.start
        ]
        if inside:
            found.append(Entity(inside[0], inside[-1] + 1, _TYPES[span.type]))
    return found


def _library() -> Any:
    """Natasha; it imports pymorphy2, which no longer runs: its successor answers to that name."""
    for name in ("", ".analyzer"):
        sys.modules.setdefault(f"pymorphy2{name}", importlib.import_module(f"pymorphy3{name}"))
    return importlib.import_module("natasha")
