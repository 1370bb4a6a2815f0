"""Origins as an operator writes them."""

import pytest

from gateway.app import create_app
from gateway.config import GatewaySettings
from gateway.cross_origin import origins_in
from warren.errors import ConfigurationError


def test_origins_stand_between_commas() -> None:
    assert origins_in("") == []
    assert origins_in(" https://a.example, http://localhost:5173,") == [
        "https://a.example",
        "http://localhost:5173",
    ]
    assert origins_in("*") == ["*"]


@pytest.mark.parametrize(
    "wrong", ["a.example", "https://a.example/", "ftp://a.example", "https://*.example", "null"]
)
def test_what_is_no_origin_ends_the_command(wrong: str) -> None:
    with pytest.raises(ConfigurationError, match="WARREN_CORS_ORIGINS"):
        create_app(GatewaySettings(cors_origins=f"https://a.example,{wrong}"))
