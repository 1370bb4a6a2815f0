"""From a URL to a store."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pydantic import AliasChoices, Field
from pydantic_settings import SettingsConfigDict

from warren.artifacts.backend import Backend
from warren.artifacts.folder import FolderBackend
from warren.artifacts.store import ArtifactStore
from warren.errors import ConfigurationError
from warren.settings import EnvironmentSettings

if TYPE_CHECKING:
    from obstore.store import S3Config


class S3Settings(EnvironmentSettings):
    """Where the bucket is and who we are there; obstore takes what is not set from `AWS_…`."""

    model_config = SettingsConfigDict(populate_by_name=True)

    endpoint: str | None = Field(
        None,
        validation_alias=AliasChoices(
            "WARREN_S3_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"
        ),
    )
    region: str | None = Field(None, validation_alias="WARREN_S3_REGION")
    access_key_id: str | None = Field(None, validation_alias="WARREN_S3_ACCESS_KEY_ID")
    secret_access_key: str | None = Field(None, validation_alias="WARREN_S3_SECRET_ACCESS_KEY")
    #: Of one request, in seconds.
    timeout: float = Field(60.0, gt=0, validation_alias="WARREN_S3_TIMEOUT")


def open_store(url: str, *, s3: S3Settings | None = None) -> ArtifactStore:
    """The store at a folder (a path or file://…) or a bucket (s3://bucket/prefix).

    Touches nothing yet: a folder is made with the first file, a server asked at the first call.
    Raises ConfigurationError for any other URL.
    """
    parts = urlsplit(url)
    if parts.scheme == "s3":
        return ArtifactStore(_bucket(url, s3 or S3Settings()))
    folder = folder_of(url)
    if folder is None:
        raise ConfigurationError(
            f"WARREN_ARTIFACTS_URL is {url!r}; it must be a folder or s3://bucket/prefix"
        )
    return ArtifactStore(FolderBackend(folder))


def folder_of(url: str) -> Path | None:
    """The folder that a path or file://… names; None for anything else."""
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in {"", "localhost"}:
        return Path(unquote(parts.path))
    return Path(url) if url and not parts.scheme else None


def _bucket(url: str, settings: S3Settings) -> Backend:
    # obstore is 25 MB of native code that a local folder has no use for.
    from obstore.store import S3Store

    from warren.artifacts.bucket import BucketBackend

    parts = urlsplit(url)
    if not parts.netloc:
        raise ConfigurationError(f"WARREN_ARTIFACTS_URL is {url!r}: it names no bucket")
    store = S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        config=_s3_config(settings),
        client_options={
            "allow_http": (settings.endpoint or "").startswith("http://"),
            "connect_timeout": timedelta(seconds=5),
            "timeout": timedelta(seconds=settings.timeout),
        },
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=settings.timeout)},
    )
    return BucketBackend(store, url)


def _s3_config(settings: S3Settings) -> "S3Config":
    config: S3Config = {}
    if settings.endpoint:
        config["endpoint"] = settings.endpoint
    if settings.region:
        config["region"] = settings.region
    if settings.access_key_id:
        config["access_key_id"] = settings.access_key_id
    if settings.secret_access_key:
        config["secret_access_key"] = settings.secret_access_key
    return config
