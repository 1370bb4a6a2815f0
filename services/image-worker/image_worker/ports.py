"""What the business needs of the outside: who paints, finds faces, cuts out, enlarges.

Pictures are arrays of height × width × 3 bytes, RGB in sRGB; masks are height × width bytes, from
0 (nothing) to 255. Engines are made once in a process, load their models at the first use, and are
used by one thread at a time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Mask = NDArray[np.uint8]
#: x, y in pixels.
Points = NDArray[np.float32]

#: Called with percent done and a message; raises when the job is to end.
Progress = Callable[[float, str], None]
#: Called with the number of steps done, and how many there are; likewise.
Steps = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ReadPicture:
    """A picture that somebody sent; `alpha` is None where nothing is transparent."""

    pixels: Pixels
    alpha: Mask | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.pixels.shape[1], self.pixels.shape[0]


@dataclass(frozen=True, slots=True)
class PictureRequest:
    """One picture to be made; `width` and `height` in pixels, multiples of 8."""

    prompt: str
    negative_prompt: str
    width: int
    height: int
    steps: int
    guidance_scale: float
    seed: int


@dataclass(frozen=True, slots=True)
class PaintedPicture:
    """`pixels` may have another size than was asked for, if the provider knows only some sizes.

    `details` go into the result's metadata, beside provider and model.
    """

    pixels: Pixels
    details: dict[str, object]


class PictureProvider(Protocol):
    """Paints one picture at a time.

    The same request to the same `version` gives the same picture, or one that is as good: results
    are kept under both.
    """

    @property
    def name(self) -> str:
        """As callers and settings name it."""

    @property
    def model(self) -> str:
        """What paints, in words."""

    @property
    def version(self) -> str:
        """Changes whenever the same request would give another picture."""

    def warm_up(self) -> None:
        """Load what the first picture would have to wait for."""

    def paint(self, request: PictureRequest, steps: Steps) -> PaintedPicture:
        """Call `steps` between two steps: it raises when the job is to end.

        Raises ProviderGaveNoPicture with the reason, RejectedInput for what the provider refuses to
        paint, Unavailable and TransientError.
        """


@dataclass(frozen=True, slots=True)
class Face:
    """A face in a picture: its 468 landmarks (MediaPipe's face mesh), and how sure that is one.

    `turn` is how far it looks to the side, from 0 (into the camera) to 1 (a profile).
    """

    landmarks: Points
    score: float
    turn: float


class FaceFinder(Protocol):
    """Finds faces and their landmarks."""

    def warm_up(self) -> None:
        """Load the models."""

    def find(self, pixels: Pixels) -> Sequence[Face]:
        """All faces, from left to right."""


class Cutter(Protocol):
    """Tells what a picture shows from what is behind it."""

    @property
    def version(self) -> str:
        """Names the model."""

    def warm_up(self) -> None:
        """Load the model."""

    def subject(self, pixels: Pixels) -> Mask:
        """A coarse mask of the subject, of any size, for the whole picture."""


class Enlarger(Protocol):
    """Makes pictures larger by a trained model."""

    @property
    def version(self) -> str:
        """Names the models."""

    def warm_up(self) -> None:
        """Load the models."""

    def enlarge(self, pixels: Pixels, scale: int, steps: Steps) -> Pixels:
        """`scale` (2 or 4) times as wide and high; `steps` is called after each tile."""


@dataclass(frozen=True, slots=True)
class RefineRequest:
    """A prompt as its caller has written it; `style` in words."""

    prompt: str
    negative_prompt: str = ""
    style: str | None = None


@dataclass(frozen=True, slots=True)
class RefinedPrompt:
    """A prompt to paint by; `added` by what it says (subject, style, light, quality).

    `translated` are words of the original and their English; `fallback` says why another refiner
    than the first did it.
    """

    prompt: str
    negative_prompt: str
    provider: str
    translated: Mapping[str, str] = field(default_factory=dict)
    added: Mapping[str, str] = field(default_factory=dict)
    fallback: str | None = None


class PromptRefiner(Protocol):
    """Makes a prompt better."""

    @property
    def name(self) -> str:
        """As callers and settings name it."""

    def refine(self, request: RefineRequest) -> RefinedPrompt:
        """Raises AnswerNotUnderstood, and what a provider's call raises (warren.providers)."""
