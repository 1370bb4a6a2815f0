"""Which voice speaks: by its name, by the language, or by both."""

from collections.abc import Iterable, Sequence
from operator import itemgetter

from tts_worker.errors import LanguageNotSupported, VoiceDoesNotFitLanguage, VoiceNotFound
from tts_worker.ports import Voice

DEFAULT_LANGUAGE = "en"
#: A job names its language by a code of ISO 639; what is longer can only be had by a voice's name.
_LONGEST_CODE = 3


def choose_voice(voices: Sequence[Voice], name: str | None, language: str | None) -> Voice:
    """The voice of that name, or the best one for the language (English unless given).

    `voices` are in order of preference of their providers.

    Raises VoiceNotFound, LanguageNotSupported or VoiceDoesNotFitLanguage.
    """
    if name is None:
        return _for_language(voices, language or DEFAULT_LANGUAGE)
    voice = next((voice for voice in voices if voice.name == name), None)
    if voice is None:
        raise VoiceNotFound(
            f"there is no voice {name!r}; for example there are {_some(voices)}",
            field="voice_name",
        )
    if language is not None and not _speaks(voice, _primary(language)):
        raise VoiceDoesNotFitLanguage(
            f"the voice {name!r} speaks {voice.language}, not {language}: leave voice_name out, "
            f"or give one of {_some(v for v in voices if _speaks(v, _primary(language)))}",
            field="voice_name",
        )
    return voice


def language_pattern(voices: Iterable[Voice]) -> str:
    """A regular expression for the tags of languages that some voice speaks.

    A list of tags would not do: `en-AU` and `ru-RU` are spoken without a voice of their own.
    """
    codes = {_primary(language) for voice in voices for language in voice.languages}
    known = "|".join(sorted(code for code in codes if len(code) <= _LONGEST_CODE))
    return f"^({known})(-[a-zA-Z0-9]{{2,8}})*$"


def _for_language(voices: Sequence[Voice], language: str) -> Voice:
    """Of the first provider that speaks it, by RFC 4647 lookup: the whole tag, else its beginning.

    So `en-GB` is spoken by the better engine with another accent, unless a voice is named.
    """
    parts = language.lower().split("-")
    tags = ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
    providers = list(dict.fromkeys(voice.provider for voice in voices))
    fitting = [
        ((providers.index(voice.provider), nearness, voice.rank, voice.languages.index(tag)), voice)
        for voice in voices
        for nearness, tag in enumerate(tags)
        if tag in voice.languages
    ]
    if not fitting:
        raise LanguageNotSupported(
            f"there is no voice for the language {language!r}", field="language"
        )
    return min(fitting, key=itemgetter(0))[1]


def _speaks(voice: Voice, primary: str) -> bool:
    return any(_primary(language) == primary for language in voice.languages)


def _primary(language: str) -> str:
    return language.lower().partition("-")[0]


def _some(voices: Iterable[Voice]) -> str:
    return ", ".join(voice.name for voice, _ in zip(voices, range(5), strict=False)) or "none"
