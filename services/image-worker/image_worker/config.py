"""Settings of the image-worker."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from warren.settings import EnvironmentSettings


class ImageSettings(EnvironmentSettings):
    """Read from `IMAGE_…` variables; the same for the cpu and the gpu workers of a deployment."""

    model_config = SettingsConfigDict(env_prefix="IMAGE_")

    #: Whether a worker with `--pool gpu` runs: it then gets generations and face swaps.
    gpu: bool = False
    #: What one picture of a job may have, in pixels and in bytes.
    max_pixels: int = Field(50_000_000, ge=4_096)
    max_bytes: int = Field(64 << 20, ge=1_024)
    #: Threads of an engine in one slot process; 0 is one for each processor.
    threads: int = Field(0, ge=0)
    #: A slot process that has more resident memory (MiB) after a job is replaced.
    slot_memory_mb: int = Field(1_500, ge=512)
