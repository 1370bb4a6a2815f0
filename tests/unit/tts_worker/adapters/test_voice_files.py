from tts_worker.adapters.espeak_voices import espeak_voices
from tts_worker.adapters.hibari import HEART, HibariEngine
from tts_worker.voices import choose_voice


def test_every_espeak_voice_has_a_name_of_its_own_and_a_language() -> None:
    voices = espeak_voices()
    assert len(voices) > 100
    assert len({voice.name for voice in voices}) == len(voices)
    assert all(voice.languages for voice in voices)


def test_languages_find_their_usual_voices() -> None:
    voices = [*HibariEngine().voices(), *espeak_voices()]
    chosen = {
        language: choose_voice(voices, None, language).name
        for language in ("en", "en-US", "ru", "vi", "fr", "de", "es", "pt-BR", "zh", "no")
    }
    assert chosen == {
        "en": HEART.name,
        "en-US": HEART.name,
        "ru": "espeak-ru",
        "vi": "espeak-vi",
        "fr": "espeak-fr",
        "de": "espeak-de",
        "es": "espeak-es",
        "pt-BR": "espeak-pt-br",
        "zh": "espeak-cmn",
        "no": "espeak-nb",
    }
