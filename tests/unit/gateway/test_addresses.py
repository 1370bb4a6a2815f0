"""URLs with and without WARREN_PUBLIC_URL."""

from collections.abc import Iterator

import pytest

from gateway.addresses import public, public_base, task_url
from gateway.config import GatewaySettings
from warren.errors import ConfigurationError


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    public_base.cache_clear()
    yield
    public_base.cache_clear()


def test_without_the_setting_urls_are_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WARREN_PUBLIC_URL", raising=False)

    assert task_url("t-1") == "/api/v1/tasks/t-1"


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("https://warren.example.com", "https://warren.example.com/readyz"),
        ("http://10.0.0.1:8000/", "http://10.0.0.1:8000/readyz"),
        ("https://example.com/warren/", "https://example.com/warren/readyz"),
    ],
)
def test_what_the_setting_says_stands_before_every_path(
    monkeypatch: pytest.MonkeyPatch, given: str, url: str
) -> None:
    monkeypatch.setenv("WARREN_PUBLIC_URL", given)

    assert public("/readyz") == url


@pytest.mark.parametrize(
    "given",
    [
        "warren.example.com",
        "ftp://warren.example.com",
        "https://",
        "https://me:secret@example.com",
        "https://example.com/?a=b",
        "https://example.com/#here",
        "https://example.com:port",
        "https://exam ple.com",
        "https://example.com/\nLocation: x",
    ],
)
def test_what_is_no_address_ends_every_command(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("WARREN_PUBLIC_URL", given)

    with pytest.raises(ConfigurationError, match="WARREN_PUBLIC_URL") as error:
        GatewaySettings()
    assert "secret" not in str(error.value)
