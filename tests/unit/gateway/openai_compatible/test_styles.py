"""Styles in the words of a prompt."""

import pytest

from gateway.openai_compatible.styles import style_in
from warren.contracts.images import StyleName


@pytest.mark.parametrize("style", StyleName)
def test_every_style_is_found_by_its_own_name(style: StyleName) -> None:
    assert style_in(f"make it a {style.value.replace('_', ' ')} picture") is style


@pytest.mark.parametrize(
    ("prompt", "style"),
    [
        ("Turn this into a WATERCOLOR painting", StyleName.WATERCOLOUR),
        ("an oil painting of the same", StyleName.OIL),
        ("coloured pencils, please", StyleName.COLOUR_PENCIL),
        ("a quick sketch", StyleName.PENCIL),
        ("как акварель", StyleName.WATERCOLOUR),
        ("tranh sơn dầu", StyleName.OIL),
    ],
)
def test_a_style_is_found_in_other_words(prompt: str, style: StyleName) -> None:
    assert style_in(prompt) is style


@pytest.mark.parametrize("prompt", ["make it pretty", "boil the drinking water", "thinking"])
def test_words_that_only_look_like_a_style_name_none(prompt: str) -> None:
    assert style_in(prompt) is None
