"""Which receivers of webhooks are called: the gateway looks before it takes one, the worker when it
connects."""

from ipaddress import ip_network
from typing import Annotated

from pydantic import BeforeValidator, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from warren.outbound.addresses import Network
from warren.outbound.rules import OutboundRules
from warren.settings import EnvironmentSettings


def _words(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


class WebhookNetworks(EnvironmentSettings):
    """Read from `WARREN_…` variables."""

    model_config = SettingsConfigDict(env_prefix="WARREN_")

    webhook_ports: Annotated[frozenset[int], NoDecode, BeforeValidator(_words)] = frozenset(
        {80, 443}
    )
    #: Networks that may be called although they are not public, such as an intranet's.
    webhook_networks: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_words)] = ()

    @field_validator("webhook_networks", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        words = _words(value)
        return tuple(map(ip_network, words)) if isinstance(words, list) else words


def webhook_rules() -> OutboundRules:
    """What the environment allows; raises ConfigurationError."""
    settings = WebhookNetworks()
    return OutboundRules(settings.webhook_ports, settings.webhook_networks, "webhook.url")
