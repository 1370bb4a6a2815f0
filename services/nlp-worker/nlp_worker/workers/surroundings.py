"""What the jobs of this process work with; made once, at the first use."""

from functools import cache

from nlp_worker.adapters.books.reader import FormatReader
from nlp_worker.adapters.installed import InstalledAnalysers, StanzaSettings
from nlp_worker.config import NlpSettings
from nlp_worker.ports import BookReader
from nlp_worker.service.extracting import Extractor


@cache
def analysers() -> InstalledAnalysers:
    """The analysers; their models are loaded when a language is first asked for."""
    settings = NlpSettings()
    models = settings.stanza_models
    stanza = None if models is None else StanzaSettings(models, settings.stanza_memory)
    return InstalledAnalysers(settings.left_out, stanza)


@cache
def extractor() -> Extractor:
    """Finds descriptions."""
    return Extractor(analysers())


@cache
def reader() -> BookReader:
    """Reads books. In a process of its own: it bounds the memory of all that runs there."""
    settings = NlpSettings()
    return FormatReader(
        memory=settings.reading_memory,
        max_characters=settings.max_book_characters,
        field="file",
    )
