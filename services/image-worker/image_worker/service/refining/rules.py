"""The rules engine: adds what a picture needs to be told, and keeps what the caller has said."""

from collections.abc import Iterable
from dataclasses import dataclass

from image_worker.ports import RefinedPrompt, RefineRequest
from image_worker.service.refining.lexicon import Finding, Subject, find

NAME = "rules"
#: Characters of a prompt; additions are left out where they would exceed it.
LONGEST = 5_000
_DEFAULT_STYLE = "detailed digital painting"
#: A prompt that has one of them says itself how it wants to look.
_STYLE_WORDS = (
    *("painting", "photo", "photograph", "photorealistic", "drawing", "sketch", "watercolour"),
    *("watercolor", "illustration", "render", "pixel", "anime", "engraving", "etching", "comic"),
    *("poster", "акварель", "рисунок", "фото", "картина", "эскиз", "гравюра", "tranh", "ảnh", "vẽ"),
)
_QUALITY = ("highly detailed", "sharp focus", "balanced composition")
_COMPOSITION = {
    Subject.PERSON: "expressive portrait",
    Subject.ANIMAL: "full figure",
    Subject.BUILDING: "wide shot, atmospheric perspective",
    Subject.LANDSCAPE: "wide view, depth",
    Subject.INTERIOR: "interior view, depth",
    Subject.OBJECT: "close view, plain background",
}
_LIGHT = {
    "sunrise": "first light of dawn",
    "sunset": "golden hour light, long shadows",
    "night": "moonlight, deep shadows",
    "evening": "warm evening light",
    "morning": "fresh morning light",
    "fog": "diffuse misty light",
    "storm": "dramatic stormy light",
    "rain": "overcast light, wet reflections",
    "snow": "cold bright light",
    "candle": "candlelight, chiaroscuro",
    "fireplace": "warm firelight",
    "lantern": "warm lantern light",
}
_DEFAULT_LIGHT = "soft natural light"
_LIGHT_WORDS = ("light", "lit", "backlit", "свет", "ánh sáng")
_NEVER = ("blurry", "low quality", "jpeg artifacts", "distorted", "watermark", "signature")
_NEVER_OF = {
    Subject.PERSON: ("deformed hands", "extra fingers", "extra limbs", "disfigured face"),
    Subject.ANIMAL: ("extra limbs", "deformed body"),
    Subject.BUILDING: ("tilted horizon", "crooked lines"),
}
#: Who asks for writing in the picture gets it.
_WRITING = ("text", "letters", "sign", "inscription", "надпись", "буквы", "вывеска", "chữ")
_MAIN = tuple(_COMPOSITION)


@dataclass(frozen=True, slots=True)
class RulesRefiner:
    """Implements `PromptRefiner`, offline and in the same way every time."""

    name: str = NAME

    def refine(self, request: RefineRequest) -> RefinedPrompt:
        """Any prompt gets an answer."""
        prompt = " ".join(request.prompt.split())
        findings = find(prompt)
        translated = {f.said: f.english for f in findings if f.foreign}
        subject = next((f.subject for f in findings if f.subject in _MAIN), None)
        added = {
            "subject": _COMPOSITION.get(subject, "") if subject else "",
            "style": _style(prompt, request.style),
            "light": _light(prompt, findings),
            "quality": ", ".join(_QUALITY),
        }
        parts = [prompt, ", ".join(dict.fromkeys(translated.values())), *added.values()]
        return RefinedPrompt(
            prompt=_joined(parts),
            negative_prompt=_negative(request.negative_prompt, prompt, subject),
            provider=self.name,
            translated=translated,
            added={name: words for name, words in added.items() if words},
        )


def _style(prompt: str, wanted: str | None) -> str:
    if wanted:
        return wanted
    return "" if _has_any(prompt, _STYLE_WORDS) else _DEFAULT_STYLE


def _light(prompt: str, findings: Iterable[Finding]) -> str:
    if _has_any(prompt, _LIGHT_WORDS):
        return ""
    return next((_LIGHT[f.english] for f in findings if f.english in _LIGHT), _DEFAULT_LIGHT)


def _negative(given: str, prompt: str, subject: Subject | None) -> str:
    unwanted = [*_NEVER, *(_NEVER_OF.get(subject, ()) if subject else ())]
    if not _has_any(prompt, _WRITING):
        unwanted.append("text")
    asked = {word.strip().casefold() for word in given.split(",")}
    said = [word for word in unwanted if word not in asked and not _has_any(prompt, [word])]
    return _joined([given.strip().strip(","), *said])


def _joined(parts: Iterable[str]) -> str:
    """The parts, parted by commas, as far as they fit; the first one always does."""
    result = ""
    for part in parts:
        longer = f"{result}, {part}" if result and part else result or part
        if len(longer) <= LONGEST or not result:
            result = longer
    return result


def _has_any(prompt: str, words: Iterable[str]) -> bool:
    text = f" {prompt.casefold()} "
    padded = "".join(c if c.isalnum() else " " for c in text)
    return any(f" {word.casefold()} " in padded for word in words)
