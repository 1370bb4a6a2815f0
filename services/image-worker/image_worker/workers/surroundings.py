"""What the jobs of this process work with; made once, at the first use."""

from functools import cache

from image_worker.adapters.face_finder import MeshFaceFinder
from image_worker.adapters.outside.making import painter
from image_worker.adapters.picture_reading import PictureReader
from image_worker.adapters.refiners.making import model_refiner
from image_worker.adapters.span_enlarger import SpanEnlarger
from image_worker.adapters.u2net_cutter import U2netCutter
from image_worker.config import ImageSettings, PaintingSettings, RefiningSettings
from image_worker.errors import ProviderNotConfigured
from image_worker.ports import Cutter, Enlarger, FaceFinder, PictureProvider
from image_worker.service.refining.falling_back import FallingBack
from image_worker.service.refining.rules import RulesRefiner


@cache
def providers() -> dict[str, PictureProvider]:
    """Who paints here, by name; the first one unless a job asks for another."""
    settings = PaintingSettings()
    return {name: painter(name, settings) for name in dict.fromkeys(settings.providers)}


def provider(name: str | None) -> PictureProvider:
    """Raises ProviderNotConfigured for one that is not switched on."""
    here = providers()
    if name is None:
        return next(iter(here.values()))
    if name not in here:
        raise ProviderNotConfigured(
            f"no provider {name!r} is switched on here: give one of {', '.join(here)}",
            field="provider",
        )
    return here[name]


@cache
def refiner() -> FallingBack:
    """Who makes prompts better: the language models of the settings, and rules."""
    settings = RefiningSettings()
    return FallingBack([*(model_refiner(name, settings) for name in settings.by), RulesRefiner()])


def reader() -> PictureReader:
    """Reads the pictures that jobs are given."""
    settings = ImageSettings()
    return PictureReader(settings.max_bytes, settings.max_pixels)


@cache
def face_finder() -> FaceFinder:
    """Finds faces."""
    return MeshFaceFinder(thread_count=ImageSettings().threads)


@cache
def cutter() -> Cutter:
    """Tells subjects from backgrounds."""
    return U2netCutter(thread_count=ImageSettings().threads)


@cache
def enlarger() -> Enlarger:
    """Makes pictures larger."""
    return SpanEnlarger(thread_count=ImageSettings().threads)
