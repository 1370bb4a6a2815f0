"""How long artifacts stay."""

import pytest

from gateway.recording.config import RecorderSettings
from warren.errors import ConfigurationError


def test_a_kind_stays_as_long_as_it_or_its_service_says() -> None:
    settings = RecorderSettings(artifact_days_by_kind={"tts": 30, "tts.preview": 1})

    assert settings.days_of("tts.synthesize") == 30
    assert settings.days_of("tts.preview") == 1
    assert settings.days_of("nlp.process_book") == 7


def test_days_can_be_set_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARREN_ARTIFACT_DAYS_BY_KIND", '{"nlp": 90}')

    settings = RecorderSettings()

    assert settings.days_of("nlp.process_book") == 90
    # What is not named stays as it was.
    assert [settings.days_of(kind) for kind in ("tts.x", "image.x", "book.cache_file")] == [
        30,
        30,
        1,
    ]


@pytest.mark.parametrize(
    ("days", "wanted"),
    [(-1, "greater than or equal to 0"), (10_000_000, "less than or equal to 365000")],
)
def test_days_are_those_of_a_date_that_there_is(
    monkeypatch: pytest.MonkeyPatch, days: int, wanted: str
) -> None:
    monkeypatch.setenv("WARREN_ARTIFACT_DAYS_BY_KIND", f'{{"nlp": 0, "tts": {days}}}')

    with pytest.raises(ConfigurationError) as refused:
        RecorderSettings()

    assert str(refused.value) == f"WARREN_ARTIFACT_DAYS_BY_KIND (tts): must be {wanted}"
