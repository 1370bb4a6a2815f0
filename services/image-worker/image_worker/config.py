"""Settings of the image-worker."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from warren.credentials import Credential
from warren.settings import EnvironmentSettings, checked_url

PainterName = Literal["procedural", "diffusers", "openai", "pollinations"]


def _words(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


class ImageSettings(EnvironmentSettings):
    """Read from `IMAGE_…` variables; the same for the cpu and the gpu workers of a deployment."""

    model_config = SettingsConfigDict(env_prefix="IMAGE_")

    #: Whether a worker with `--pool gpu` runs: it then gets generations and face swaps.
    gpu: bool = False
    #: What one picture of a job may have, in pixels and in bytes.
    max_pixels: int = Field(50_000_000, ge=4_096)
    max_bytes: int = Field(64 << 20, ge=1_024)
    #: Threads of an engine in one slot process; 0 is one for each processor. Two slots with one
    #: thread each do more than one slot with two: engines wait for their threads by spinning.
    threads: int = Field(1, ge=0)
    #: A slot process that has more resident memory (MiB) after a job is replaced.
    slot_memory_mb: int = Field(1_500, ge=512)


class PaintingSettings(EnvironmentSettings):
    """Who paints, the first one unless a job asks for another; read from `IMAGE_…` variables.

    Nothing leaves the process unless an outside provider is named in `IMAGE_PROVIDERS`.
    """

    model_config = SettingsConfigDict(env_prefix="IMAGE_")

    providers: Annotated[tuple[PainterName, ...], NoDecode, BeforeValidator(_words)] = (
        "procedural",
    )
    #: How long a provider may take for one picture, in seconds.
    provider_timeout: float = Field(120.0, gt=0, le=500)
    #: `POST {url}/images/generations` makes pictures.
    openai_url: str = "https://api.openai.com/v1"
    openai_key: Credential | None = None
    openai_model: str = "gpt-image-1"
    pollinations_url: str = "https://image.pollinations.ai"
    pollinations_key: Credential | None = None
    pollinations_model: str = "flux"
    #: The folder of a pipeline (model_index.json), and where it computes: cpu, cuda or cuda:1.
    diffusers_model: Path | None = None
    diffusers_device: str = Field("cpu", pattern=r"^(cpu|mps|cuda(:\d{1,2})?)$")

    @field_validator("openai_url", "pollinations_url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        return checked_url(url, "http", "https")

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if not self.providers:
            raise ValueError("IMAGE_PROVIDERS must name at least one provider")
        if "diffusers" in self.providers and self.diffusers_model is None:
            raise ValueError("IMAGE_PROVIDERS names diffusers: set IMAGE_DIFFUSERS_MODEL")
        return self


class RefiningSettings(EnvironmentSettings):
    """Who refines prompts before the rules do, if any; read from `IMAGE_REFINE_…` variables."""

    model_config = SettingsConfigDict(env_prefix="IMAGE_REFINE_")

    #: Language models, in the order in which they are tried; the rules come last in any case.
    by: Annotated[tuple[Literal["openai", "gemini"], ...], NoDecode, BeforeValidator(_words)] = ()
    timeout: float = Field(20.0, gt=0, le=60)
    openai_url: str = "https://api.openai.com/v1"
    openai_key: Credential | None = None
    openai_model: str = "gpt-4o-mini"
    gemini_url: str = "https://generativelanguage.googleapis.com"
    gemini_key: Credential | None = None
    gemini_model: str = "gemini-2.0-flash"

    @field_validator("openai_url", "gemini_url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        return checked_url(url, "http", "https")

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if "gemini" in self.by and self.gemini_key is None:
            raise ValueError("IMAGE_REFINE_BY names gemini: set IMAGE_REFINE_GEMINI_KEY")
        return self
