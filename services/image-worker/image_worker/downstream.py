"""What the image-worker calls."""

from collections.abc import Sequence

from pydantic import SecretStr

from image_worker.config import PaintingSettings, RefiningSettings
from warren.worker.downstream import Downstream


def downstreams() -> Sequence[Downstream]:
    """The providers outside that the settings name; none of them unless they do."""
    painting, refining = PaintingSettings(), RefiningSettings()
    found = []
    if "openai" in painting.providers:
        found.append(_openai("image.openai", painting.openai_url, painting.openai_key))
    if "pollinations" in painting.providers:
        found.append(Downstream("image.pollinations", painting.pollinations_url))
    if "openai" in refining.by:
        found.append(_openai("prompt.openai", refining.openai_url, refining.openai_key))
    if "gemini" in refining.by:
        headers = {"x-goog-api-key": _secret(refining.gemini_key) or ""}
        url = f"{refining.gemini_url.rstrip('/')}/v1beta/models"
        found.append(Downstream("prompt.gemini", url, headers))
    return found


def _openai(name: str, url: str, key: SecretStr | None) -> Downstream:
    return Downstream.with_token(name, f"{url.rstrip('/')}/models", _secret(key))


def _secret(value: SecretStr | None) -> str | None:
    return value.get_secret_value() if value else None
