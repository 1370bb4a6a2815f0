"""A language model that refines prompts, as the settings describe it."""

import atexit
from typing import Literal

from image_worker.adapters.refiners.chat import ChatRefiner
from image_worker.adapters.refiners.gemini import GeminiRefiner
from image_worker.config import RefiningSettings
from image_worker.ports import PromptRefiner


def model_refiner(name: Literal["openai", "gemini"], settings: RefiningSettings) -> PromptRefiner:
    """Kept until the process ends."""
    made: ChatRefiner | GeminiRefiner
    if name == "openai":
        key = settings.openai_key
        made = ChatRefiner(
            settings.openai_url,
            key.get_secret_value() if key else None,
            settings.openai_model,
            timeout=settings.timeout,
        )
    else:
        secret = settings.gemini_key.get_secret_value() if settings.gemini_key else ""
        made = GeminiRefiner(
            settings.gemini_url, secret, settings.gemini_model, timeout=settings.timeout
        )
    atexit.register(made.close)
    return made
