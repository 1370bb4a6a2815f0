"""Who paints is decided by settings, and what is missing is said when a worker starts."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from image_worker.adapters.outside.making import painter
from image_worker.config import PaintingSettings, RefiningSettings
from image_worker.workers.generation import GenerateImageWorker
from image_worker.workers.surroundings import providers
from warren.errors import ConfigurationError


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"IMAGE_PROVIDERS": "procedural, dalle"}, "IMAGE_PROVIDERS"),
        ({"IMAGE_PROVIDERS": "diffusers"}, "IMAGE_DIFFUSERS_MODEL"),
        ({"IMAGE_DIFFUSERS_DEVICE": "gpu"}, "IMAGE_DIFFUSERS_DEVICE"),
        ({"IMAGE_OPENAI_URL": "ftp://example.org"}, "IMAGE_OPENAI_URL"),
        ({"IMAGE_PROVIDER_TIMEOUT": "0"}, "IMAGE_PROVIDER_TIMEOUT"),
    ],
)
def test_a_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], message: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationError, match=message):
        PaintingSettings()


def test_a_language_model_needs_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGE_REFINE_BY", "openai gemini")

    with pytest.raises(ConfigurationError, match="IMAGE_REFINE_GEMINI_KEY"):
        RefiningSettings()


def test_unless_told_otherwise_nothing_leaves_the_process() -> None:
    assert PaintingSettings().providers == ("procedural",)
    assert RefiningSettings().by == ()


@pytest.mark.skipif(find_spec("torch") is not None, reason="here it is installed")
def test_a_library_that_is_not_installed_is_named_with_what_to_do(tmp_path: Path) -> None:
    settings = PaintingSettings(providers=("diffusers",), diffusers_model=tmp_path)

    with pytest.raises(ConfigurationError, match=r"pip install 'image-worker\[diffusers\]'"):
        painter("diffusers", settings)


def test_callers_can_name_whoever_paints_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGE_PROVIDERS", "pollinations,procedural")
    providers.cache_clear()
    try:
        schema = GenerateImageWorker.submission_schema()
    finally:
        providers.cache_clear()

    assert schema["properties"]["provider"]["enum"] == ["pollinations", "procedural"]
