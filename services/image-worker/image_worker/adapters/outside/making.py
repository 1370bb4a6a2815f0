"""A provider of pictures as the settings describe it."""

import atexit

from pydantic import SecretStr

from image_worker.adapters.outside.diffusers_pictures import DiffusersPictures
from image_worker.adapters.outside.openai_pictures import OpenAiPictures
from image_worker.adapters.outside.pollinations import Pollinations
from image_worker.adapters.procedural.painter import ProceduralPainter
from image_worker.config import PainterName, PaintingSettings
from image_worker.ports import PictureProvider


def painter(name: PainterName, settings: PaintingSettings) -> PictureProvider:
    """Kept until the process ends. Raises ModelMissing."""
    if name == "procedural":
        return ProceduralPainter()
    if name == "diffusers":
        assert settings.diffusers_model is not None  # noqa: S101 -- the settings see to that
        return DiffusersPictures(settings.diffusers_model, settings.diffusers_device)
    outside = _over_http(name, settings)
    atexit.register(outside.close)
    return outside


def _over_http(name: str, settings: PaintingSettings) -> OpenAiPictures | Pollinations:
    if name == "openai":
        return OpenAiPictures(
            settings.openai_url,
            _secret(settings.openai_key),
            settings.openai_model,
            timeout=settings.provider_timeout,
        )
    return Pollinations(
        settings.pollinations_url,
        _secret(settings.pollinations_key),
        settings.pollinations_model,
        timeout=settings.provider_timeout,
    )


def _secret(value: SecretStr | None) -> str | None:
    return value.get_secret_value() if value else None
