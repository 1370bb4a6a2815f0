"""What the business needs of the outside: engines that speak, and files that take audio."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

#: Mono, -1 to 1.
Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of an engine.

    `languages` are lower-case BCP 47 tags, the voice's own first; `rank` orders a provider's voices
    of the same language (low first); `key` is how the engine calls it.
    """

    name: str
    languages: tuple[str, ...]
    provider: str
    rank: int
    key: str

    @property
    def language(self) -> str:
        return self.languages[0]


class SpeechEngine(Protocol):
    """Speaks one passage at a time; may be called by one thread at a time."""

    @property
    def provider(self) -> str: ...

    @property
    def sample_rate(self) -> int:
        """Hertz."""

    def voices(self) -> Sequence[Voice]:
        """The voices at hand; loads no model."""

    def warm_up(self) -> None:
        """Load what the first passage would have to wait for."""

    def synthesize(self, text: str, voice: Voice, speed: float) -> Samples:
        """The passage, spoken `speed` times as fast as usual; empty if there is nothing to say.

        Raises EngineFailed.
        """


class AudioSink(Protocol):
    """An audio file that is being written; raises ScratchSpaceFailed."""

    def write(self, samples: Samples) -> None:
        """Append samples."""

    def take(self) -> bytes:
        """What was encoded since the last call.

        An encoder keeps back up to a tenth of a second until it has heard more, or all.
        """

    def complete(self) -> None:
        """Encode what was kept back: nothing more will be written."""

    def finish(self) -> Iterator[bytes]:
        """Complete the file and read it back from its beginning, in chunks."""
