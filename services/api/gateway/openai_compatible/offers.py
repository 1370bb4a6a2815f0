"""Models by name: OpenAI's, and those of Warren that stand behind them.

This is the one table of them.
"""

from dataclasses import dataclass

from gateway.authentication import Caller
from gateway.kinds.catalogue import Catalogue, CataloguedKind
from gateway.openai_compatible.problems import ModelNotFound
from gateway.problems import UnknownKind
from warren.contracts.images import GenerateImage, TransferStyle
from warren.contracts.job import Job
from warren.contracts.speech import SynthesizeSpeech

_SPEECH_MODELS = (
    "tts-1",
    "tts-1-hd",
    "gpt-4o-mini-tts",
    "gpt-4o-mini-tts-2025-03-20",
    "gpt-4o-mini-tts-2025-12-15",
)
_OLDER_IMAGE_MODELS = ("dall-e-2", "dall-e-3")
#: Of these pictures come in the answer itself, never as links.
_IMAGE_MODELS = (
    "gpt-image-1",
    "gpt-image-1-mini",
    "gpt-image-1.5",
    "gpt-image-2",
    "gpt-image-2-2026-04-21",
    "gpt-image-2.5-flare",
    "gpt-image-2.5-flare-2026-09-08",
    "gpt-image-2.5-sunburst",
    "gpt-image-2.5-sunburst-2026-09-08",
    "gpt-image-2.6-flare",
    "gpt-image-2.6-sunburst",
    "chatgpt-image-latest",
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A model: the kind that does its work, and the provider of pictures that it stands for."""

    id: str
    kind: CataloguedKind
    provider: str | None = None

    @property
    def answers_with_files(self) -> bool:
        """Whether pictures come as Base64 where nobody says how they should come."""
        return self.id in _IMAGE_MODELS


async def offers(catalogue: Catalogue, caller: Caller, *jobs: type[Job]) -> dict[str, Offer]:
    """What is offered for these jobs now, by the names of models, OpenAI's first."""
    found: dict[str, Offer] = {}
    for job in jobs:
        try:
            kind = await catalogue.find(job.kind, caller)
        except UnknownKind:
            continue
        named = [Offer(name, kind) for name in (*_names_of(job), job.kind)]
        for offer in [*named, *(Offer(name, kind, name) for name in _providers(kind))]:
            found.setdefault(offer.id, offer)
    return found


async def offer(catalogue: Catalogue, caller: Caller, model: str, job: type[Job]) -> Offer:
    """The model of this name, for this job; raises ModelNotFound."""
    found = (await offers(catalogue, caller, job)).get(model)
    if found is None:
        raise ModelNotFound.at(
            "model", f"{model[:100]!r} does not exist or is not for this; GET /v1/models lists all"
        )
    return found


def _names_of(job: type[Job]) -> tuple[str, ...]:
    if job is SynthesizeSpeech:
        return _SPEECH_MODELS
    if job in (GenerateImage, TransferStyle):
        return (*_OLDER_IMAGE_MODELS, *_IMAGE_MODELS)
    return ()


def _providers(kind: CataloguedKind) -> list[str]:
    """Who paints here, as the kind's service announces it."""
    if kind.definition.kind != GenerateImage.kind:
        return []
    provider = kind.definition.payload_schema.get("properties", {}).get("provider", {})
    return [name for name in provider.get("enum", []) if isinstance(name, str)]
