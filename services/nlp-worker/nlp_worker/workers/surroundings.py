"""What the jobs of this process work with; made once, at the first use."""

from functools import cache

from nlp_worker.adapters.installed import InstalledAnalysers
from nlp_worker.config import NlpSettings
from nlp_worker.service.extracting import Extractor


@cache
def analysers() -> InstalledAnalysers:
    """The analysers; their models are loaded when a language is first asked for."""
    return InstalledAnalysers(NlpSettings().left_out)


@cache
def extractor() -> Extractor:
    """Finds descriptions."""
    return Extractor(analysers())
