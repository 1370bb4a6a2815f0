"""Which neighbours the image-worker asks whether they answer."""

import pytest

from image_worker.downstream import downstreams


def test_nothing_outside_is_asked_unless_the_settings_name_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("IMAGE_PROVIDERS", "IMAGE_REFINE_BY"):
        monkeypatch.delenv(name, raising=False)
    assert list(downstreams()) == []

    monkeypatch.setenv("IMAGE_PROVIDERS", "openai procedural pollinations")
    monkeypatch.setenv("IMAGE_OPENAI_URL", "http://painter/v1/")
    monkeypatch.setenv("IMAGE_OPENAI_KEY", "secret")
    monkeypatch.setenv("IMAGE_REFINE_BY", "gemini openai")
    monkeypatch.setenv("IMAGE_REFINE_OPENAI_URL", "http://writer/v1")
    monkeypatch.setenv("IMAGE_REFINE_GEMINI_KEY", "other")

    assert [(each.name, each.url, dict(each.headers)) for each in downstreams()] == [
        ("image.openai", "http://painter/v1/models", {"Authorization": "Bearer secret"}),
        ("image.pollinations", "https://image.pollinations.ai", {}),
        ("prompt.openai", "http://writer/v1/models", {}),
        (
            "prompt.gemini",
            "https://generativelanguage.googleapis.com/v1beta/models",
            {"x-goog-api-key": "other"},
        ),
    ]
