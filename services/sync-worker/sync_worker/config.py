"""Settings of sync-worker."""

from ipaddress import ip_network
from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from warren.contracts.limits import RATE_PATTERN
from warren.contracts.webhooks import RETRY_DELAYS
from warren.credentials import Credential
from warren.outbound.addresses import Network
from warren.settings import EnvironmentSettings, checked_url


def _words(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


class ChatbotSettings(EnvironmentSettings):
    """Where the chatbot is and how it is called; read from `SYNC_…` variables, times in seconds."""

    model_config = SettingsConfigDict(env_prefix="SYNC_")

    #: Without one, changes wait.
    chatbot_url: str | None = None
    chatbot_token: Credential | None = None
    #: Of one call; a step of it (connecting, a read) may take as long.
    chatbot_timeout: float = Field(60.0, gt=0, le=100)
    #: How long it is left alone after it failed five times in a row.
    chatbot_pause: float = Field(30.0, gt=0, le=3_600)
    #: Calls over time, of all workers together.
    chatbot_rate: str = Field("50/s", pattern=RATE_PATTERN)
    #: Days for which a change waits for a chatbot that is away.
    chatbot_patience_days: float = Field(7.0, gt=0, le=365)

    @field_validator("chatbot_url")
    @classmethod
    def _is_http(cls, url: str | None) -> str | None:
        return None if url is None else checked_url(url, "http", "https")


class ReadingSettings(EnvironmentSettings):
    """Bounds of what is read out of a file; read from `SYNC_…` variables."""

    model_config = SettingsConfigDict(env_prefix="SYNC_")

    #: MiB that reading one file may take on top of what the process has.
    reading_memory: int = Field(512, ge=64)
    #: The longest text that is sent.
    max_characters: int = Field(5_000_000, ge=1, le=20_000_000)


class FetchSettings(EnvironmentSettings):
    """How pages are fetched; read from `SYNC_…` variables, times in seconds."""

    model_config = SettingsConfigDict(env_prefix="SYNC_")

    fetch_ports: Annotated[frozenset[int], NoDecode, BeforeValidator(_words)] = frozenset({80, 443})
    #: Networks that may be called although they are not public, such as an intranet's.
    fetch_networks: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_words)] = ()
    #: All of one page, with its redirects.
    fetch_seconds: float = Field(60.0, gt=0, le=90)
    fetch_agent: str = "warren-sync"

    @field_validator("fetch_networks", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        words = _words(value)
        return tuple(map(ip_network, words)) if isinstance(words, list) else words


class WebhookSettings(EnvironmentSettings):
    """How messages are delivered; read from `SYNC_…` variables, times in seconds."""

    model_config = SettingsConfigDict(env_prefix="SYNC_")

    #: Before the attempts after the first.
    webhook_retry_delays: Annotated[
        tuple[Annotated[float, Field(ge=0)], ...], NoDecode, BeforeValidator(_words)
    ] = RETRY_DELAYS
    #: All of one attempt.
    webhook_seconds: float = Field(15.0, gt=0, le=40)
    #: Messages of one customer that are on their way to one host at a time.
    webhook_at_a_time: int = Field(4, ge=1)
