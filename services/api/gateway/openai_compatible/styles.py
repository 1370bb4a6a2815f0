"""The styles that pictures can be repainted in, by the words that name them in a prompt."""

import re

from gateway.problems import FieldError, InvalidFields
from warren.contracts.images import StyleName

#: In the order in which they are looked for: of `colour pencil` it is not `pencil`.
_WORDS: dict[StyleName, str] = {
    StyleName.WATERCOLOUR: r"water[- ]?colou?rs?|aquarelle|акварел\w*|màu nước",
    StyleName.COLOUR_PENCIL: r"colou?r(ed)?[-_ ]pencils?|crayons?",
    StyleName.PIXEL_ART: r"pixel[-_ ]?art|pixelated|pixels|8[- ]?bit",
    StyleName.POSTER: r"posters?|pop[- ]art|плакат\w*",
    StyleName.CARTOON: r"cartoons?|comics?|anime|мульт\w*|hoạt hình",
    StyleName.SEPIA: r"sepia|сепи\w*",
    StyleName.INK: r"inks?|тушь\w*|mực",
    StyleName.PENCIL: r"pencils?|sketch(ed|es)?|карандаш\w*|bút chì",
    StyleName.OIL: r"oils?|oil[- ]paint(ing|ed|s)?|масл\w*|sơn dầu",
}
_PATTERNS = {style: re.compile(rf"\b({words})\b", re.IGNORECASE) for style, words in _WORDS.items()}


def style_in(prompt: str) -> StyleName | None:
    """The style that the prompt names; None if it names none."""
    return next((style for style, words in _PATTERNS.items() if words.search(prompt)), None)


def no_style() -> InvalidFields:
    """What is said of a prompt that names no style, where no second picture gives one."""
    named = ", ".join(style.value.replace("_", " ") for style in StyleName)
    message = (
        "names no style: pictures are repainted as a whole, in one of the styles "
        f"{named}, or in that of a second picture"
    )
    return InvalidFields([FieldError("prompt", message)])
