"""The language of a text, by py3langid."""

from functools import cache
from typing import Any

#: Characters that are looked at: from the middle, where no menu or imprint stands.
_SAMPLE = 4_000
#: Shorter texts are guesses.
_SHORTEST = 20
_SURE = 0.6
#: Longer codes are of languages that have no short one, and of what is no language.
_ISO_639_1 = 2


class Py3langidLanguages:
    """Implements `LanguageGuesser`; any thread may use it."""

    def language(self, text: str) -> str | None:
        start = max(0, (len(text) - _SAMPLE) // 2)
        sample = text[start : start + _SAMPLE]
        if sum(map(str.isalpha, sample)) < _SHORTEST:
            return None
        name, probability = _identifier().classify(sample)
        return str(name) if probability >= _SURE and len(name) == _ISO_639_1 else None


@cache
def _identifier() -> Any:
    # A second and 30 MB that a process without texts has no use for.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
