"""How mode ADAPTIVE goes about a text: by its length, language and genre, and who is how fast."""

from collections.abc import Mapping

from nlp_worker.analysis import Language
from nlp_worker.service.panel import Panel
from nlp_worker.service.vote import by_weight

#: Below this, all analysers together take less than a tenth of a second: nothing is to be saved.
_SHORT = 1_000
#: Where sentences are no prose, an analyser's opinion says less: all are heard.
_ALL_ARE_HEARD = frozenset({"poetry", "verse", "drama", "поэзия", "стихи", "драма"})
#: Milliseconds a sentence, measured once (`python -m bench.nlp`), until this process knows better.
_COST: Mapping[Language, Mapping[str, float]] = {
    "ru": {"spacy": 0.5, "rnnmorph": 3.0, "natasha": 6.0, "stanza": 60.0},
    "en": {"lexicon": 0.5, "rnnmorph": 3.0, "spacy": 4.0, "stanza": 60.0},
}
_KNOWN_AFTER = 200


def order_of(panel: Panel, characters: int, genre: str | None) -> list[str] | None:
    """Who is asked after whom, the cheapest first; None where all are to be asked about all."""
    if characters < _SHORT or (genre or "").strip().lower() in _ALL_ARE_HEARD:
        return None
    heaviest_first = by_weight(panel.language, panel.analysers)
    return sorted(heaviest_first, key=lambda name: _cost(panel, name))


def _cost(panel: Panel, name: str) -> float:
    record = panel.records.get(name)
    if record is not None and record.sentences >= _KNOWN_AFTER:
        return record.milliseconds
    return _COST[panel.language].get(name, float("inf"))
