"""Where things are: every URL that answers, events and messages give is made here.

Paths, unless `WARREN_PUBLIC_URL` says where the outside world finds the gateway. Whatever process
writes a URL down reads that variable, once: what follows from the end of a task is written by
recorders, housekeepers and gateways alike.
"""

from functools import cache
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator
from pydantic_settings import SettingsConfigDict

from warren.settings import EnvironmentSettings, checked_url

#: Every path of the API begins so.
API = "/api/v1"


def _base(url: str) -> str:
    parts = urlsplit(checked_url(url, "http", "https"))
    if not parts.hostname or parts.username is not None or any(c <= " " for c in url):
        raise ValueError("must name a host, without a user, spaces or control characters")
    if "?" in url or "#" in url:
        raise ValueError("must end with a host or a path: no ? and no #")
    return url.rstrip("/")


#: `https://example.com`, or `https://example.com/warren` behind a proxy that takes the path off.
PublicUrl = Annotated[str, AfterValidator(_base)]


class AddressSettings(EnvironmentSettings):
    """Read from `WARREN_…` variables."""

    model_config = SettingsConfigDict(env_prefix="WARREN_")

    public_url: PublicUrl | None = None


@cache
def public_base() -> str:
    """What stands before paths; empty for nothing. Raises ConfigurationError."""
    return AddressSettings().public_url or ""


def public(path: str) -> str:
    """The URL of a path, which begins with a slash."""
    return public_base() + path


def task_url(task_id: UUID | str) -> str:
    """Where the task is; its status, result and so on are below it."""
    return public(f"{API}/tasks/{task_id}")


def artifact_url(artifact_id: UUID | str) -> str:
    """Where the artifact is, for whoever has a key."""
    return public(f"{API}/artifacts/{artifact_id}")
