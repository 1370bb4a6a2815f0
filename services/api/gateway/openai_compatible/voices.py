"""OpenAI's voices, and the voices of Warren that speak for them.

This is the one table of them. OpenAI's voices speak whatever language the text is in; ours speak
one each, so that a text in other letters than Latin ones is spoken by the voice of its language.
"""

import unicodedata
from collections import Counter
from typing import Any

from gateway.problems import FieldError, InvalidFields

#: The neural voice of English; there is one so far.
_NEURAL = "heart"
VOICES = {
    "alloy": _NEURAL,
    "ash": _NEURAL,
    "ballad": _NEURAL,
    "cedar": _NEURAL,
    "coral": _NEURAL,
    "echo": _NEURAL,
    "fable": _NEURAL,
    "marin": _NEURAL,
    "nova": _NEURAL,
    "onyx": _NEURAL,
    "sage": _NEURAL,
    "shimmer": _NEURAL,
    "verse": _NEURAL,
}
#: The first word of a letter's name in Unicode, and the language that is most often written so.
_LANGUAGES = {
    "CYRILLIC": "ru",
    "GREEK": "el",
    "HEBREW": "he",
    "ARABIC": "ar",
    "DEVANAGARI": "hi",
    "BENGALI": "bn",
    "TAMIL": "ta",
    "TELUGU": "te",
    "GEORGIAN": "ka",
    "ARMENIAN": "hy",
    "HANGUL": "ko",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "CJK": "cmn",
}
_JAPANESE = ("HIRAGANA", "KATAKANA")
#: Letters that Vietnamese alone has, composed; one in so many letters is enough.
_VIETNAMESE = frozenset("ơưƠƯ") | {chr(code) for code in range(0x1EA0, 0x1EFA)}
_ONE_IN = 12
#: Of a long text the beginning tells.
_LOOKED_AT = 2_000


def chosen_voice(voice: str, text: str, schema: dict[str, Any]) -> dict[str, str]:
    """What a job for this text is told: `voice_name` or `language`.

    `schema` is that of the announced kind, which names Warren's own voices. Raises InvalidFields.
    """
    known = schema.get("properties", {}).get("voice_name", {}).get("enum")
    if voice in VOICES:
        language = _language_of(text)
        if language is not None:
            return {"language": language}
        # Where another engine speaks, English is its own best voice's.
        named = known is None or VOICES[voice] in known
        return {"voice_name": VOICES[voice]} if named else {"language": "en"}
    if known is not None and voice not in known:
        message = (
            f"{voice[:100]!r} is none of {', '.join(VOICES)}, and no voice of Warren's own "
            "(GET /api/v1/kinds lists them at tts.synthesize)"
        )
        raise InvalidFields([FieldError("voice", message)])
    return {"voice_name": voice}


def _language_of(text: str) -> str | None:
    """The language of a text that is not written in Latin letters, and Vietnamese; else None."""
    letters = [c for c in unicodedata.normalize("NFC", text[:_LOOKED_AT]) if c.isalpha()]
    scripts = Counter(unicodedata.name(c, "?").split()[0].split("-")[0] for c in letters)
    if not scripts:
        return None
    # Japanese has Chinese characters among its own.
    if any(scripts[name] for name in _JAPANESE) and scripts["LATIN"] * 2 < len(letters):
        return "ja"
    (most, _), *_ = scripts.most_common(1)
    if most == "LATIN":
        marks = sum(c in _VIETNAMESE for c in letters)
        return "vi" if marks * _ONE_IN >= len(letters) else None
    return _LANGUAGES.get(most)
