"""Browsers on other origins: which may use the API, with which headers."""

import re
from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from warren.errors import ConfigurationError

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_TAKEN = (
    "Authorization",
    "X-API-Key",
    "Content-Type",
    "Idempotency-Key",
    "If-None-Match",
    "Last-Event-ID",
    "Prefer",
    "Range",
    "Traceparent",
    "X-Embedding-Api-Key",
)
#: What OpenAI's client for browsers sends of itself, always.
_TAKEN_OF_OPENAI = (
    "OpenAI-Organization",
    "OpenAI-Project",
    "X-Stainless-Arch",
    "X-Stainless-Lang",
    "X-Stainless-OS",
    "X-Stainless-Package-Version",
    "X-Stainless-Retry-Count",
    "X-Stainless-Runtime",
    "X-Stainless-Runtime-Version",
    "X-Stainless-Timeout",
)
_SHOWN = (
    "Accept-Ranges",
    "Allow",
    "Cache-Status",
    "Content-Disposition",
    "Content-Range",
    "ETag",
    "Idempotency-Replayed",
    "Location",
    "Preference-Applied",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Sunset",
    "WWW-Authenticate",
    "X-Should-Retry",
    "X-Warren-Task",
)
_REMEMBERED = 3600


def origins_in(text: str) -> list[str]:
    """The origins of a list with commas; raises ConfigurationError for what is none."""
    origins = [origin.strip() for origin in text.split(",") if origin.strip()]
    for origin in origins:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise ConfigurationError(
                f"WARREN_CORS_ORIGINS: {origin!r} is no origin; write https://app.example.com,"
                " without a path"
            )
    return origins


def open_to(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """What lets pages of these origins use `app`; they send their key themselves, never a cookie.

    Put around all that answers: pages read no answer that does not say that they may.
    """
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=[*_TAKEN, *_TAKEN_OF_OPENAI],
        expose_headers=_SHOWN,
        max_age=_REMEMBERED,
    )
