"""Settings of the indexer and of the program that answers searches."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from warren.contracts.limits import RATE_PATTERN
from warren.credentials import Credential
from warren.settings import EnvironmentSettings, LogLevel, checked_url

_DAY = 86_400.0


def _http(url: str) -> str:
    return checked_url(url, "http", "https").rstrip("/")


Url = Annotated[str, AfterValidator(_http)]


class IndexSettings(EnvironmentSettings):
    """Read from `INDEXER_…` variables: where the index is; durations in seconds."""

    model_config = SettingsConfigDict(env_prefix="INDEXER_")

    #: Of an Elasticsearch 8 cluster; without one the embedded index is used.
    elasticsearch_url: Url | None = None
    #: `id:key` of Elasticsearch, base64.
    elasticsearch_api_key: Credential | None = None
    #: Begins the names of all indices, so that several systems can share a cluster.
    elasticsearch_prefix: str = Field("warren", pattern=r"^[a-z][a-z0-9-]{0,60}$")
    elasticsearch_timeout: float = Field(30.0, gt=0)
    #: How soon a write can be found.
    elasticsearch_refresh: float = Field(0.5, gt=0)
    #: Where the embedded index lies.
    folder: Path = Path(".warren/search")
    #: How long a write to the embedded index waits for those of other processes.
    folder_timeout: float = Field(20.0, gt=0)


class EmbeddingSettings(EnvironmentSettings):
    """Read from `INDEXER_EMBEDDING_…`: the provider for which callers give a key of theirs."""

    model_config = SettingsConfigDict(env_prefix="INDEXER_EMBEDDING_")

    #: An API that speaks OpenAI's protocol.
    url: Url = "https://api.openai.com/v1"
    model: str = "text-embedding-3-small"
    timeout: float = Field(30.0, gt=0)
    #: For the text of a question: shorter than WARREN_SEARCH_TIMEOUT, after which nobody waits.
    question_timeout: float = Field(4.0, gt=0)
    #: Texts in one call.
    batch: int = Field(64, ge=1, le=2_048)


class JobSettings(EnvironmentSettings):
    """Read from `INDEXER_…` variables: how the jobs run."""

    model_config = SettingsConfigDict(env_prefix="INDEXER_")

    #: How often single upserts of a customer may start, and how many at once; `off` for no limit.
    upsert_rate: str = Field("10/s", pattern=rf"^off$|{RATE_PATTERN}")
    upsert_burst: int = Field(500, ge=1)
    #: For how many days a write waits for an index that is not there.
    patience_days: float = Field(7.0, gt=0, le=365)
    #: Jobs that embed, over all processes.
    embed_concurrency: int = Field(2, ge=1)

    @property
    def rate_limit(self) -> str | None:
        """As a Worker declares it."""
        return None if self.upsert_rate == "off" else self.upsert_rate

    @property
    def max_age(self) -> float:
        """Seconds."""
        return self.patience_days * _DAY


class SearchNodeSettings(EnvironmentSettings):
    """Read from `WARREN_SEARCH_…` variables: the program that answers searches."""

    model_config = SettingsConfigDict(env_prefix="WARREN_SEARCH_")

    host: str = "127.0.0.1"
    port: int = Field(8_011, ge=0, le=65_535)
    #: Whoever asks must show it.
    token: Credential = Field(min_length=16)
    log_format: Literal["pretty", "json", "auto"] = Field(
        "auto", validation_alias="WARREN_LOG_FORMAT"
    )
    log_level: LogLevel = Field("INFO", validation_alias="WARREN_LOG_LEVEL")
