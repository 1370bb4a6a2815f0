"""What cannot be meant ends the command before anything is served."""

import pytest

from gateway.app import create_app
from gateway.config import GatewaySettings
from warren.errors import ConfigurationError
from warren.worker.catalogue import load_service


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WARREN_WEBHOOK_NETWORKS", "the intranet"),
        ("WARREN_WEBHOOK_NETWORKS", "10.0.0.1/8"),
        ("WARREN_WEBHOOK_PORTS", "https"),
        ("SYNC_WEBHOOK_RETRY_DELAYS", "5 -1"),
        ("SYNC_WEBHOOK_AT_A_TIME", "0"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationError, match=name):
        load_service("sync_worker")
    if name.startswith("WARREN"):
        with pytest.raises(ConfigurationError, match=name):
            create_app(GatewaySettings())
