"""A text-to-image pipeline of `diffusers` from a folder of this machine.

The library is an optional extra (`image-worker[diffusers]`); importing it and torch takes half a
minute, so that it happens once in a process, at `warm_up` or at the first picture.
"""

import gc
import hashlib
import os
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from image_worker.errors import ModelMissing, OutOfDeviceMemory, ProviderGaveNoPicture
from image_worker.ports import PaintedPicture, PictureRequest, Steps

NAME = "diffusers"
_INDEX = "model_index.json"


class DiffusersPictures:
    """Implements `PictureProvider` with any local pipeline that takes a prompt.

    `device` is `cpu`, `cuda` or `cuda:1`. Raises ModelMissing if the library is not installed, or
    the folder holds no pipeline.
    """

    name = NAME

    def __init__(self, folder: Path, device: str) -> None:
        if find_spec("diffusers") is None or find_spec("torch") is None:
            raise ModelMissing(
                "IMAGE_PROVIDERS names diffusers, which is not installed: "
                "pip install 'image-worker[diffusers]'"
            )
        index = folder / _INDEX
        if not index.is_file():
            raise ModelMissing(f"IMAGE_DIFFUSERS_MODEL: {folder} has no {_INDEX}")
        self.model = folder.name
        self.version = f"{NAME}:{folder.name}:{fingerprint(folder)}:{device}:1"
        self._folder = folder
        self._device = device

    def warm_up(self) -> None:
        """Load the pipeline onto its device."""
        _ = self._pipeline

    def paint(self, request: PictureRequest, steps: Steps) -> PaintedPicture:
        """Tells of each step of the denoising; where memory ends, tries once more with less."""
        try:
            return self._paint(request, steps)
        except self._out_of_memory:
            self._free()
            self._pipeline.enable_attention_slicing()
        try:
            return self._paint(request, steps)
        except self._out_of_memory as error:
            self._free()
            raise OutOfDeviceMemory(
                f"{self._device} has too little memory for {request.width} by {request.height} "
                f"pixels with {self.model}: {error}"
            ) from error

    def _paint(self, request: PictureRequest, steps: Steps) -> PaintedPicture:
        import torch

        total = request.steps
        steps(0, total)

        def told(_pipeline: Any, number: int, _time: Any, values: dict[str, Any]) -> dict[str, Any]:
            steps(number + 1, total)
            return values

        answer = self._pipeline(
            prompt=request.prompt,
            negative_prompt=request.negative_prompt or None,
            width=request.width,
            height=request.height,
            num_inference_steps=total,
            guidance_scale=request.guidance_scale,
            generator=torch.Generator("cpu").manual_seed(request.seed),
            output_type="np",
            callback_on_step_end=told,
        )
        if any(getattr(answer, "nsfw_content_detected", None) or ()):
            raise ProviderGaveNoPicture(f"the safety checker of {self.model} held the picture back")
        return PaintedPicture(_pixels(answer.images[0]), {"device": self._device})

    @cached_property
    def _pipeline(self) -> Any:
        from diffusers import AutoPipelineForText2Image
        from diffusers.utils import logging

        logging.disable_progress_bar()
        pipeline = AutoPipelineForText2Image.from_pretrained(
            str(self._folder), local_files_only=True
        )
        pipeline.set_progress_bar_config(disable=True)
        return pipeline.to(self._device)

    @property
    def _out_of_memory(self) -> type[Exception]:
        import torch

        error: type[Exception] = torch.OutOfMemoryError
        return error

    def _free(self) -> None:
        import torch

        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def fingerprint(folder: Path) -> str:
    """Another one when a file below the folder is another one, by name, size or time of change.

    Reading gigabytes of weights would take minutes at every start.
    """
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        found = file.stat()
        name = os.fsencode(file.relative_to(folder))
        digest.update(name + f"\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:12]


def _pixels(image: Any) -> Any:
    values = np.asarray(image, np.float32)
    if not np.isfinite(values).all():
        raise ProviderGaveNoPicture("the pipeline computed no colours but NaN: try another seed")
    return np.clip(values * 255 + 0.5, 0, 255).astype(np.uint8)
