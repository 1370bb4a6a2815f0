"""What analysers that are pipelines of spaCy have in common."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from nlp_worker.adapters.analysers.spacy_documents import annotation_of, document
from nlp_worker.analysis import Annotation, Sentence

#: Sentences whose documents are held at once.
_BATCH = 64


class SpacyPipeline(ABC):
    """Implements `Analyser`, with the pipeline that its class makes; once in a process."""

    name = "spacy"

    def __init__(self) -> None:
        self._nlp: Any = None

    @abstractmethod
    def made(self) -> Any:
        """The pipeline; raises AnalyserMissing."""

    def load(self) -> None:
        if self._nlp is None:
            self._nlp = self.made()

    def annotate(self, sentences: Sequence[Sentence]) -> Sequence[Annotation]:
        documents = (document(self._nlp.vocab, sentence) for sentence in sentences)
        return [annotation_of(doc) for doc in self._nlp.pipe(documents, batch_size=_BATCH)]
