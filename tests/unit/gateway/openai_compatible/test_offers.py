"""Which models there are."""

import asyncio
from typing import Any, get_args
from uuid import uuid4

import pytest
from openai.types import ImageModel
from openai.types.audio import SpeechModel

from gateway.authentication import Caller
from gateway.kinds.catalogue import CataloguedKind
from gateway.openai_compatible.offers import offer, offers
from gateway.openai_compatible.problems import ModelNotFound
from gateway.problems import UnknownKind
from warren.contracts.images import GenerateImage
from warren.contracts.job import Job
from warren.contracts.kinds import KindDefinition
from warren.contracts.payload_schema import PayloadSchema
from warren.contracts.speech import SynthesizeSpeech

CALLER = Caller(uuid4(), "standard", "key:x", frozenset())


class Announced:
    """A catalogue with these kinds."""

    def __init__(self, **kinds: dict[str, Any]) -> None:
        self._kinds = {
            kind: CataloguedKind(
                KindDefinition(kind=kind, version=1, service="x", payload_schema=schema),
                PayloadSchema(schema),
            )
            for kind, schema in kinds.items()
        }

    async def find(self, kind: str, caller: Caller) -> CataloguedKind:
        if kind not in self._kinds:
            raise UnknownKind.at("kind", "is unknown")
        return self._kinds[kind]


SPEECH = Announced(**{SynthesizeSpeech.kind: SynthesizeSpeech.submission_schema()})
PAINTERS = Announced(
    **{GenerateImage.kind: {"properties": {"provider": {"enum": ["procedural", "diffusers"]}}}}
)


def _names(catalogue: Any, *jobs: type[Job]) -> list[str]:
    return list(asyncio.run(offers(catalogue, CALLER, *jobs)))


def test_every_model_that_the_client_knows_is_offered() -> None:
    assert set(get_args(SpeechModel)) <= set(_names(SPEECH, SynthesizeSpeech))
    assert set(get_args(ImageModel)) <= set(_names(PAINTERS, GenerateImage))


def test_kinds_and_those_who_paint_are_models_too() -> None:
    found = asyncio.run(offers(PAINTERS, CALLER, GenerateImage))  # type: ignore[arg-type]
    assert found["image.generate"].provider is None
    assert found["diffusers"].provider == "diffusers"


def test_what_no_service_has_announced_is_not_offered() -> None:
    assert _names(SPEECH, SynthesizeSpeech, GenerateImage) == _names(SPEECH, SynthesizeSpeech)


def test_a_model_for_something_else_is_not_found() -> None:
    with pytest.raises(ModelNotFound) as missing:
        asyncio.run(offer(SPEECH, CALLER, "dall-e-3", SynthesizeSpeech))  # type: ignore[arg-type]
    assert missing.value.errors[0].field == "model"


def test_only_of_newer_models_pictures_come_as_files_by_themselves() -> None:
    found = asyncio.run(offers(PAINTERS, CALLER, GenerateImage))  # type: ignore[arg-type]
    assert found["gpt-image-1"].answers_with_files
    assert not found["dall-e-2"].answers_with_files
    assert not found["image.generate"].answers_with_files
