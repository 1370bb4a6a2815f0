"""The subject of a picture by U²-Net, small version (Qin et al., 2020; Apache-2.0)."""

from typing import Any

import cv2
import numpy as np

from image_worker.adapters.model_files import ModelFile
from image_worker.adapters.threads import threads
from image_worker.errors import EngineFailed
from image_worker.ports import Mask, Pixels

MODEL = ModelFile(
    "rembg",
    "u2netp.onnx",
    "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
)
_SIDE = 320
#: Of ImageNet, as the model was trained.
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


class U2netCutter:
    """Implements `Cutter`; about 60 MB with its runtime."""

    version = "u2netp-309c8469"

    def __init__(self, *, thread_count: int = 0) -> None:
        self._threads = thread_count
        self._session: Any = None

    def warm_up(self) -> None:
        self._loaded()

    def subject(self, pixels: Pixels) -> Mask:
        """320 × 320; raises EngineFailed."""
        small = cv2.resize(pixels, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        brightest = max(int(small.max()), 1)
        values = (small.astype(np.float32) / brightest - _MEAN) / _DEVIATION
        tensor = np.ascontiguousarray(values.transpose(2, 0, 1)[None])
        session = self._loaded()
        try:
            found = session.run(["1959"], {"input.1": tensor})[0]
        except RuntimeError as error:
            raise EngineFailed(f"the model for backgrounds failed: {error}") from error
        return _stretched(np.asarray(found, np.float32)[0, 0])

    def _loaded(self) -> Any:
        if self._session is None:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads(self._threads)
            options.inter_op_num_threads = 1
            # Memory goes back when a job has ended; the pictures are of all sizes.
            options.enable_cpu_mem_arena = False
            self._session = onnxruntime.InferenceSession(
                str(MODEL.file), options, providers=["CPUExecutionProvider"]
            )
        return self._session


def _stretched(found: np.ndarray[Any, np.dtype[np.float32]]) -> Mask:
    """From the faintest to the strongest answer; a flat one means that nothing stands out."""
    low, high = float(found.min()), float(found.max())
    if high - low < 1e-3 or high < 0.1:
        return np.zeros(found.shape, np.uint8)
    return np.asarray((found - low) / (high - low) * 255, np.uint8)
