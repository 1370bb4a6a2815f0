"""Browsers on other origins: which may use the API, with which headers."""

import re
from collections.abc import Sequence

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

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
    "Content-Disposition",
    "Content-Range",
    "ETag",
    "Idempotency-Replayed",
    "Location",
    "Preference-Applied",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
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


def open_to(app: FastAPI, origins: Sequence[str]) -> None:
    """Let pages of these origins use the API; they send their key themselves, never a cookie."""
    if not origins:
        return
    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=[*_TAKEN, *_TAKEN_OF_OPENAI],
        expose_headers=_SHOWN,
        max_age=_REMEMBERED,
    )
