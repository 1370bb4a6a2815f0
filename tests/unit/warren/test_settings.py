"""Wrong settings are answered in one line that names the variable and hides the value."""

import pytest

from warren.errors import ConfigurationError
from warren.settings import Settings


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("WARREN_PUBLISH_TIMEOUT", "soon", "must be a valid number"),
        ("WARREN_PUBLISH_TIMEOUT", "-1", "must be greater than 0"),
        ("WARREN_AMQP_URL", "foo", "must begin with amqp:// or amqps://"),
        ("WARREN_AMQP_URL", "mysql://me:secret@host", "must begin with amqp://"),
        ("WARREN_AMQP_URL", "amqp://me:secret@host:port", "must have a port"),
        ("WARREN_LOG_LEVEL", "loud", "must be 'DEBUG', 'INFO'"),
    ],
)
def test_a_wrong_variable_is_named_without_its_value(
    variable: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(ConfigurationError) as caught:
        Settings()

    message = str(caught.value)
    assert message.startswith(f"{variable}: ")
    assert told in message
    assert "\n" not in message
    assert "secret" not in message


def test_an_empty_variable_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARREN_AMQP_URL", "")
    assert Settings().amqp_url.startswith("amqp://")


def test_levels_are_read_in_small_letters_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARREN_LOG_LEVEL", "warning")
    assert Settings().log_level == "WARNING"
